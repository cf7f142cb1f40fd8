// SPDX-License-Identifier: GPL-2.0-or-later
//
// Apt: Debian's archive through apt-get, with lists and state of our own, so that this machine's
// are neither read nor locked. apt verifies signatures and checksums. Needs the network unless
// offline.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/kernel/apt_text.h"
#include "harness/kernel/file_lock.h"
#include "harness/kernel/guest_kernel.h"

namespace hangrate {

class Apt {
 public:
  /// The lists of a suite, fetched if they are older than a quarter of an hour.
  static Result<Apt> open(const std::string& suite, const KernelOptions& options);

  /// A kernel's package and what it consists of, see parts_of_image(). "" is the newest version.
  Result<std::vector<DebPackage>> image_parts(const std::string& version,
                                              const std::string& flavour) const;
  /// The newest version of one package.
  Result<DebPackage> newest(const std::string& name) const;

  /// Downloads into `folder`; gives the files' paths.
  Result<std::vector<std::string>> download(const std::vector<DebPackage>& packages,
                                            const std::string& folder,
                                            const std::string& log) const;
  /// Nothing more is asked or downloaded: others may update the lists.
  void release() { lock_.reset(); }

 private:
  Apt(std::string suite, std::string folder, std::string log)
      : suite_(std::move(suite)), folder_(std::move(folder)), log_(std::move(log)) {}
  Result<void> prepare(const std::string& sources) const;
  Result<void> update() const;
  Result<std::vector<DebPackage>> show(std::vector<std::string> words) const;
  std::vector<std::string> command(const char* program) const;

  std::string suite_;
  std::string folder_;
  std::string log_;
  std::optional<FileLock> lock_;  ///< shared: the lists stay as long as somebody reads them
};

}  // namespace hangrate
