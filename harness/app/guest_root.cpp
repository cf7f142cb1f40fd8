// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/app/guest_root.h"

#include <cstdlib>
#include <filesystem>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "harness/kernel/archive.h"

namespace hangrate {

namespace {

namespace fs = std::filesystem;

constexpr const char* kPrefix = "hangrate-root.";

std::string temporary_folder() {
  const char* named = std::getenv("TMPDIR");
  return named != nullptr && *named != '\0' ? named : "/var/tmp";
}

/// Nobody else has it, or has it any more: the kernel lets a lock go with its process.
UniqueFd locked(const std::string& folder) {
  UniqueFd place(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (place && ::flock(place.get(), LOCK_EX | LOCK_NB) != 0) place.reset();
  return place;
}

/// What a run left that was killed while it had one.
void remove_abandoned() {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(temporary_folder(), error)) {
    if (!entry.path().filename().string().starts_with(kPrefix)) continue;
    if (const UniqueFd lock = locked(entry.path())) fs::remove_all(entry.path(), error);
  }
}

/// What a guest has without it.
bool left_out(const std::string& path) {
  for (const std::string place : {"dev/", "proc/", "sys/", "run/", "tmp/"}) {
    if (path.starts_with(place)) return true;
  }
  return false;
}

}  // namespace

Result<GuestRoot> GuestRoot::open(const std::string& path) {
  std::error_code error;
  const std::string place = fs::canonical(path, error);
  if (error) return fail(Error::usage(path + ": " + error.message()));
  GuestRoot root;
  if (fs::is_directory(place, error)) {
    root.folder_ = place == "/" ? "" : place;
    if (!root.folder_.empty()) return root;
    return fail(Error::usage("/ is this machine's own root: name another, or leave it out"));
  }
  remove_abandoned();
  std::string folder = temporary_folder() + "/" + kPrefix + "XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) {
    return fail(Error::from_errno("mkdtemp(" + folder + ")"));
  }
  root.lock_ = locked(folder);
  root.folder_ = root.unpacked_ = folder;
  HR_TRY(unpack(place, folder,
                {.where = [](const std::string& file) { return left_out(file) ? "" : file; },
                 .links = true,
                 .times = true,
                 .limits = {.subject = "root of a guest"}}));
  return root;
}

GuestRoot::~GuestRoot() {
  std::error_code error;
  if (!unpacked_.empty()) fs::remove_all(unpacked_, error);
}

}  // namespace hangrate
