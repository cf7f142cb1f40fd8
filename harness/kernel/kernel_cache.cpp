// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/kernel/kernel_cache.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <tuple>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/file.h"
#include "harness/base/scope_exit.h"
#include "harness/kernel/deb_version.h"
#include "harness/kernel/file_lock.h"
#include "harness/kernel/kernel_sums.h"

namespace hangrate {

namespace {

namespace fs = std::filesystem;

constexpr Nanos kOthersMayTake = 4 * 3600 * kSecond;  // a build on a slow machine
constexpr Nanos kDamagedButUsed = 10 * kSecond;
constexpr Nanos kNap = 50 * kMilli;
constexpr const char* kUnfinished = ".tmp-";
constexpr const char* kDescription = "/kernel.json";

/// ".tmp-ID.XXXXXX" -> ID, "" for other names.
std::string id_of_leftover(const std::string& name) {
  const std::string prefix = kUnfinished;
  const std::size_t dot = name.rfind('.');
  if (!name.starts_with(prefix) || dot <= prefix.size()) return {};
  return name.substr(prefix.size(), dot - prefix.size());
}

void remove_tree(const fs::path& path) {
  std::error_code error;  // what cannot be removed now is swept another time
  fs::remove_all(path, error);
}

std::uintmax_t size_of_tree(const fs::path& path) {
  std::uintmax_t bytes = 0;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(path, error)) {
    if (entry.is_regular_file(error) && !entry.is_symlink(error)) bytes += entry.file_size(error);
  }
  return bytes;
}

Nanos untouched_for(const std::string& path) {
  struct stat info {};
  timespec now{};
  if (::stat(path.c_str(), &info) != 0) return 0;
  ::clock_gettime(CLOCK_REALTIME, &now);
  return (now.tv_sec - info.st_mtim.tv_sec) * kSecond;
}

/// All of it on the disk before kernel.json says so: a crash must not leave a cut-off image.
Result<void> flush(const std::string& folder) {
  const UniqueFd directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory || ::syncfs(directory.get()) != 0) {
    return fail(Error::from_errno("syncfs(" + folder + ")"));
  }
  return {};
}

/// Whoever may write there chooses the kernel that is tested.
Result<void> check_owner(const fs::path& folder) {
  struct stat info {};
  if (::stat(folder.c_str(), &info) != 0) {
    return fail(Error::from_errno("stat(" + folder.string() + ")"));
  }
  const std::string other = "; set HANGRATE_CACHE or --cache to a folder of your own";
  if (info.st_uid != ::geteuid() && info.st_uid != 0) {
    return fail(Error::usage(folder.string() + ": belongs to another user (" +
                             std::to_string(info.st_uid) + "), who could choose the kernels" +
                             other));
  }
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) == 0) return {};
  return fail(Error::usage(folder.string() +
                           ": others may write to it, and could choose the kernels: chmod go-w " +
                           folder.string() + other));
}

/// Not writable for others, whatever the umask.
Result<void> make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder.parent_path(), error);
  if (::mkdir(folder.c_str(), 0755) == 0 || errno == EEXIST) return check_owner(folder);
  return fail(Error::infrastructure(folder.string() + ": " + std::strerror(errno) +
                                    "; set HANGRATE_CACHE to a folder you may write to"));
}

}  // namespace

void note_use(const CacheEntry& entry) {
  ::utimensat(AT_FDCWD, (entry.folder + kDescription).c_str(), nullptr, 0);
}

std::optional<CacheEntry> load_cache_entry(const std::string& folder) {
  const auto text = read_file(folder + kDescription);
  if (!text) return std::nullopt;
  const auto entry = cache_entry_from_json(*text, folder);
  std::error_code error;
  if (!entry || entry->id != fs::path(folder).filename() ||
      !fs::is_regular_file(entry->kernel.image, error)) {
    return std::nullopt;
  }
  const std::string& modules = entry->kernel.modules;
  if (!modules.empty() && !fs::is_directory(modules, error)) return std::nullopt;
  if (!damage_of(*entry, SumCheck::Size).empty()) return std::nullopt;
  return *entry;
}

Result<KernelCache> KernelCache::open(const std::string& folder) {
  std::error_code error;
  const fs::path root = fs::absolute(folder, error).lexically_normal();
  HR_TRY(make_folder(root));
  for (const char* name : {"kernels", "locks", "logs"}) HR_TRY(make_folder(root / name));
  for (const auto& entry : fs::directory_iterator(root, error)) {
    if (entry.is_directory(error)) HR_TRY(check_owner(entry.path()));
  }
  KernelCache cache(root.string());
  cache.sweep();
  return cache;
}

std::string KernelCache::lock_path(const std::string& id) const {
  return folder_ + "/locks/" + id + ".lock";
}

std::string KernelCache::log_path(const std::string& id) const {
  return folder_ + "/logs/" + id + ".log";
}

void KernelCache::sweep() const {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(kernels(), error)) {
    const std::string id = id_of_leftover(entry.path().filename().string());
    if (id.empty()) continue;
    const auto lock = FileLock::try_take(lock_path(id));
    if (lock && *lock) remove_tree(entry.path());
  }
}

Result<CacheEntry> KernelCache::make_entry(const std::string& id, const Make& make) const {
  std::string folder = kernels() + "/" + kUnfinished + id + ".XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr)
    return fail(Error::from_errno("mkdtemp(" + folder + ")"));
  const ScopeExit leave_nothing([&] { remove_tree(folder); });
  ::chmod(folder.c_str(), 0755);
  ::unlink(log_path(id).c_str());
  auto entry = make(folder, log_path(id));
  if (!entry) return entry;
  entry->id = id;
  entry->folder = folder;
  HR_TRY(note_sums(*entry));
  HR_TRY(flush(folder));
  HR_TRY(write_file_atomically(folder + kDescription, dump_pretty(to_json_value(*entry))));
  const std::string place = kernels() + "/" + id;
  remove_tree(place);  // at most something incomplete: we hold the lock and looked
  if (::rename(folder.c_str(), place.c_str()) != 0) {
    return fail(Error::from_errno("rename(" + place + ")"));
  }
  const auto made = load_cache_entry(place);
  if (!made || !damage_of(*made, SumCheck::Content).empty())
    return fail(Error::infrastructure(place + ": incomplete after it was made"));
  return *made;
}

/// Looks at the entry while nobody may change it. `damaged`: something is there that is no kernel
/// any more.
Result<std::optional<CacheEntry>> KernelCache::held(const std::string& id, const Say& say,
                                                    bool& damaged) const {
  auto lock = FileLock::take(
      lock_path(id), kOthersMayTake,
      [&] {
        if (say.progress) say.progress(id + ": waiting for another run that works on it");
      },
      LockMode::Shared);
  if (!lock) return fail(lock.error());
  const std::string folder = kernels() + "/" + id;
  auto entry = load_cache_entry(folder);
  const std::string damage = entry ? damage_of(*entry, SumCheck::Content) : "";
  damaged = entry ? !damage.empty() : ::access(folder.c_str(), F_OK) == 0;
  if (!entry || damaged) return std::optional<CacheEntry>();
  // Made before files were noted: what lies there now is the best there is to compare with.
  if (entry->sums.empty() && note_sums(*entry) && !entry->sums.empty()) {
    const std::string text = dump_pretty(to_json_value(*entry));
    if (const auto noted = write_file_atomically(folder + kDescription, text); !noted) {
      entry->sums.clear();  // a cache one may only read is still a cache
    }
  }
  note_use(*entry);
  entry->kernel.hold = std::make_shared<const FileLock>(std::move(*lock));
  return entry;
}

Result<CacheEntry> KernelCache::get(const std::string& id, const Say& say, const Make& make) const {
  Nanos damaged_since = 0;
  while (true) {
    bool damaged = false;
    auto found = held(id, say, damaged);
    if (!found) return fail(found.error());
    if (*found) return std::move(**found);
    auto lock = FileLock::try_take(lock_path(id));
    if (!lock) return fail(lock.error());
    if (*lock) {
      const auto other = load_cache_entry(kernels() + "/" + id);  // made since we looked
      if (other && damage_of(*other, SumCheck::Content).empty()) continue;
      if (damaged && say.notice) say.notice(id + " in the cache is damaged and is made again");
      if (const auto made = make_entry(id, make); !made) return fail(made.error());
      continue;
    }
    if (damaged && damaged_since == 0) damaged_since = now_ns();
    if (damaged && now_ns() - damaged_since > kDamagedButUsed) {
      return fail(Error::infrastructure(
          kernels() + "/" + id + " is damaged, and another run that uses it must end first"));
    }
    const timespec nap = to_timespec(kNap);
    ::nanosleep(&nap, nullptr);
  }
}

Result<std::optional<CacheEntry>> KernelCache::newest(
    const std::function<bool(const CacheEntry&)>& fits, const Say& say) const {
  struct Candidate {
    std::string version;
    fs::file_time_type made;
    std::string id;
  };
  std::vector<Candidate> candidates;
  for (const CacheEntry& entry : entries(folder_)) {
    std::error_code error;
    if (!fits(entry)) continue;
    candidates.push_back({entry.version, fs::last_write_time(entry.kernel.image, error), entry.id});
  }
  // By version: that a ladder of old ones was fetched last makes none of them the newest.
  std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    const int order = compare_deb_versions(a.version, b.version);
    return order != 0 ? order > 0 : std::tie(a.made, a.id) > std::tie(b.made, b.id);
  });
  for (const auto& [version, made, id] : candidates) {
    bool damaged = false;
    auto found = held(id, say, damaged);
    if (!found || *found) return found;
    if (damaged && say.notice) say.notice(id + " in the cache is damaged and is not used");
  }
  return std::optional<CacheEntry>();
}

std::vector<CacheEntry> KernelCache::entries(const std::string& folder) {
  std::vector<CacheEntry> found;
  std::error_code error;
  const fs::path root = fs::absolute(folder, error).lexically_normal();
  for (const auto& entry : fs::directory_iterator(root / "kernels", error)) {
    if (entry.path().filename().string().starts_with(".")) continue;
    if (auto loaded = load_cache_entry(entry.path().string())) found.push_back(std::move(*loaded));
  }
  std::sort(found.begin(), found.end(), [](const CacheEntry& a, const CacheEntry& b) {
    return std::tie(a.kernel.spec, a.id) < std::tie(b.kernel.spec, b.id);
  });
  return found;
}

Result<KernelCache::Pruned> KernelCache::prune(Nanos age) const {
  Pruned pruned;
  std::error_code error;
  for (const auto& found : fs::directory_iterator(kernels(), error)) {
    const std::string id = found.path().filename().string();
    if (id.starts_with(".")) continue;
    const auto lock = FileLock::try_take(lock_path(id));
    if (!lock) return fail(lock.error());
    const auto entry = load_cache_entry(found.path().string());
    if (entry && untouched_for(entry->folder + kDescription) < age) continue;
    if (!*lock) {  // somebody makes it or boots it
      pruned.in_use.push_back(id);
      continue;
    }
    pruned.bytes += size_of_tree(found.path());
    // First out of sight: removing takes a while, and half of it must not be found.
    const std::string aside = kernels() + "/" + kUnfinished + id + ".pruned";
    if (::rename(found.path().c_str(), aside.c_str()) != 0) {
      return fail(Error::from_errno("rename(" + aside + ")"));
    }
    remove_tree(aside);
    if (entry) pruned.kernels.push_back(*entry);
  }
  if (error) return fail(Error::infrastructure(kernels() + ": " + error.message()));
  for (const auto& lists : fs::directory_iterator(folder_ + "/apt", error)) {
    const std::string stamp = lists.path().string() + "/updated";
    const auto lock = FileLock::try_take(lock_path("apt-" + lists.path().filename().string()));
    if (!lock || !*lock || (fs::exists(stamp, error) && untouched_for(stamp) < age)) continue;
    pruned.bytes += size_of_tree(lists.path());
    remove_tree(lists.path());
  }
  return pruned;
}

}  // namespace hangrate
