// SPDX-License-Identifier: GPL-2.0-or-later
//
// Initramfs: the whole file system of a guest, made in memory (newc cpio, by libarchive).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "harness/base/error.h"
#include "harness/base/unique_fd.h"

struct archive;

namespace hangrate {

class Initramfs {
 public:
  static Result<Initramfs> make();

  /// Paths are absolute in the guest; missing parent folders are made.
  Result<void> add_folder(const std::string& path);
  Result<void> add_text(const std::string& path, std::string_view text, int mode = 0644);
  Result<void> add_file(const std::string& path, const std::string& host_path, int mode = 0755);
  /// The same with its time of change, by which a Python knows what it has compiled.
  Result<void> add_copy(const std::string& path, const std::string& host_path, int mode);
  Result<void> add_link(const std::string& path, const std::string& target);
  /// A kernel module, plain or compressed (xz, zstd, gzip): the guest gets it plain.
  Result<void> add_module(const std::string& path, const std::string& host_path);

  /// The finished archive as a memory file, positioned at its start. `more`: the descriptor of
  /// another, whose files come on top; a kernel takes several archives in a row (v6.1
  /// init/initramfs.c, unpack_to_rootfs()).
  Result<UniqueFd> finish(int more = -1);

 private:
  Initramfs() = default;
  /// What an entry of the archive is, beside its content.
  struct Head {
    unsigned kind = 0;
    int mode = 0644;
    std::int64_t changed = 0;  ///< s since 1970
    std::string target;        ///< of a link
  };
  Result<void> add_entry(const std::string& path, const Head& head, std::string_view bytes);
  Result<void> add_parents(const std::string& path);

  struct Closer {
    void operator()(archive* a) const;
  };
  UniqueFd memory_;
  std::unique_ptr<archive, Closer> archive_;
  std::string folders_ = "|";  ///< those added, "|a|a/b|"
};

}  // namespace hangrate
