// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/app/guest_root.h"

#include <cstdlib>
#include <filesystem>

#include "harness/kernel/archive.h"

namespace hangrate {

namespace {

namespace fs = std::filesystem;

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
  const char* temporary = std::getenv("TMPDIR");
  std::string folder =
      std::string(temporary != nullptr && *temporary != '\0' ? temporary : "/var/tmp") +
      "/hangrate-root.XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr)
    return fail(Error::from_errno("mkdtemp(" + folder + ")"));
  root.folder_ = root.unpacked_ = folder;
  HR_TRY(unpack(place, folder,
                {.where = [](const std::string& file) { return left_out(file) ? "" : file; },
                 .links = true,
                 .limits = {.subject = "root of a guest"}}));
  return root;
}

GuestRoot::~GuestRoot() {
  std::error_code error;
  if (!unpacked_.empty()) fs::remove_all(unpacked_, error);
}

}  // namespace hangrate
