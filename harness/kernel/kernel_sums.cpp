// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/kernel/kernel_sums.h"

#include <filesystem>

#include <sys/stat.h>

#include "harness/base/file.h"
#include "harness/kernel/sha256.h"

namespace hangrate {

namespace {

namespace fs = std::filesystem;

constexpr const char* kChecked = "/.checked";

std::string wrong_size(const FileSum& sum) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(sum.path, error);
  if (error) return sum.path + ": " + error.message();
  if (size == sum.size) return {};
  return sum.path + " has " + std::to_string(size) + " bytes instead of " +
         std::to_string(sum.size);
}

/// Changes whenever somebody writes to a file of the entry or puts another in its place.
std::string fingerprint(const CacheEntry& entry) {
  std::string text;
  for (const FileSum& sum : entry.sums) {
    struct stat info {};
    if (::stat(sum.path.c_str(), &info) != 0) return {};
    text += sum.sha256 + " " + std::to_string(info.st_ino) + " " +
            std::to_string(info.st_ctim.tv_sec) + "." + std::to_string(info.st_ctim.tv_nsec) + " " +
            sum.path + "\n";
  }
  return text;
}

std::string wrong_content(const FileSum& sum) {
  const auto hash = sha256_of_file(sum.path);
  if (!hash) return hash.error().what();
  return *hash == sum.sha256 ? "" : sum.path + " is not what it was when it was made";
}

}  // namespace

Result<void> note_sums(CacheEntry& entry) {
  entry.sums.clear();
  const std::string modules = entry.kernel.modules;
  for (const std::string& path :
       {entry.kernel.image, modules.empty() ? "" : modules + "/modules.dep"}) {
    std::error_code error;
    if (!path.starts_with(entry.folder + "/") || !fs::is_regular_file(path, error)) continue;
    const auto hash = sha256_of_file(path);
    if (!hash) return fail(hash.error());
    entry.sums.push_back({.path = path, .size = fs::file_size(path, error), .sha256 = *hash});
    if (error) return fail(Error::infrastructure(path + ": " + error.message()));
  }
  return {};
}

std::string damage_of(const CacheEntry& entry, SumCheck check) {
  for (const FileSum& sum : entry.sums) {
    if (std::string damage = wrong_size(sum); !damage.empty()) return damage;
  }
  if (check == SumCheck::Size || entry.sums.empty()) return {};
  const std::string print = fingerprint(entry);
  if (!print.empty() && read_file(entry.folder + kChecked) == print) return {};
  for (const FileSum& sum : entry.sums) {
    if (std::string damage = wrong_content(sum); !damage.empty()) return damage;
  }
  if (!write_file_atomically(entry.folder + kChecked, print)) return {};  // hashed again next time
  return {};
}

}  // namespace hangrate
