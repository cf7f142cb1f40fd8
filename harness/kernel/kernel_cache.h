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
  struct Say {
    std::function<void(const std::string&)> progress;
    std::function<void(const std::string&)> notice;  ///< worth keeping
  };
  /// Fills `folder`; returns an entry whose paths lie in it. `log` is for the programs it runs.
  using Make = std::function<Result<CacheEntry>(const std::string& folder, const std::string& log)>;

  /// Makes the folders and sweeps leftovers. A usage error if somebody else than this user and root
  /// may write to them.
  static Result<KernelCache> open(const std::string& folder);

  /// The entry `id`, made first if it is not there or its files are not what they were. Comes with
  /// a hold on it (GuestKernel::hold).
  Result<CacheEntry> get(const std::string& id, const Say& say, const Make& make) const;

  /// Of what `fits` the one of the highest version, of several the one made last, with a hold on
  /// it; nullopt if there is none.
  Result<std::optional<CacheEntry>> newest(const std::function<bool(const CacheEntry&)>& fits,
                                           const Say& say) const;

  /// Complete entries, by spec and id.
  static std::vector<CacheEntry> entries(const std::string& folder);

  struct Pruned {
    std::vector<CacheEntry> kernels;
    std::vector<std::string> in_use;  ///< ids that would have gone, but somebody has a hold on them
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
  Result<std::optional<CacheEntry>> held(const std::string& id, const Say& say,
                                         bool& damaged) const;

  std::string folder_;
};

/// Counts as a use for prune().
void note_use(const CacheEntry& entry);

/// The entry in `folder`, nullopt unless it is complete and its files have their sizes.
std::optional<CacheEntry> load_cache_entry(const std::string& folder);

}  // namespace hangrate
