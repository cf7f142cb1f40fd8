// SPDX-License-Identifier: GPL-2.0-or-later
//
// KernelCache: complete kernels in <cache>/kernels/ID/. Something is made in a folder beside it and
// renamed when it is whole, under a lock per ID; a folder without a readable kernel.json does not
// exist. What a killed process left behind is swept by the next one.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/clock.h"
#include "harness/kernel/kernel_json.h"

namespace hangrate {

class KernelCache {
 public:
  using Progress = std::function<void(const std::string&)>;
  /// Fills `folder`; returns an entry whose paths lie in it. `log` is for the programs it runs.
  using Make = std::function<Result<CacheEntry>(const std::string& folder, const std::string& log)>;

  /// Makes the folders and sweeps leftovers.
  static Result<KernelCache> open(const std::string& folder);

  /// The entry `id`, made first if it is not there.
  Result<CacheEntry> get(const std::string& id, const Progress& progress, const Make& make) const;

  /// Complete entries, by spec and id.
  static std::vector<CacheEntry> entries(const std::string& folder);

  struct Pruned {
    std::vector<CacheEntry> kernels;
    std::uintmax_t bytes = 0;
  };
  /// Removes kernels not used and package lists not fetched for `age`, and what is not complete.
  Result<Pruned> prune(Nanos age) const;

  const std::string& folder() const { return folder_; }
  std::string log_path(const std::string& id) const;

 private:
  explicit KernelCache(std::string folder) : folder_(std::move(folder)) {}
  std::string lock_path(const std::string& id) const;
  std::string kernels() const { return folder_ + "/kernels"; }
  void sweep() const;
  Result<CacheEntry> make_entry(const std::string& id, const Make& make) const;

  std::string folder_;
};

/// Counts as a use for prune().
void note_use(const CacheEntry& entry);

/// The entry in `folder`, nullopt unless it is complete.
std::optional<CacheEntry> load_cache_entry(const std::string& folder);

}  // namespace hangrate
