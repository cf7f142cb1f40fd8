// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/fusectl.h"

#include <string>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace hangrate {

namespace {

constexpr const char* kConnections = "/sys/fs/fuse/connections";
constexpr long kFusectlMagic = 0x65735543;  // FUSE_CTL_SUPER_MAGIC, fs/fuse/control.c

std::string connection_path(int minor_number) {
  return std::string(kConnections) + "/" + std::to_string(minor_number);
}

}  // namespace

void prepare_fusectl_here() {
  struct statfs info {};
  if (::statfs(kConnections, &info) == 0 && static_cast<long>(info.f_type) == kFusectlMagic) return;
  if (::unshare(CLONE_NEWNS) != 0) return;
  ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
  ::mount("none", kConnections, "fusectl", 0, nullptr);
}

UniqueFd open_fuse_abort(int minor_number, std::uint64_t instance) {
  const UniqueFd folder(::open(connection_path(minor_number).c_str(),
                               O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat info {};
  const bool found = folder && ::fstat(folder.get(), &info) == 0;
  if (!found || (instance != 0 && info.st_ino != instance)) return {};
  return UniqueFd(::openat(folder.get(), "abort", O_WRONLY | O_CLOEXEC));
}

bool abort_fuse_connection(const UniqueFd& abort_file) {
  return abort_file && ::write(abort_file.get(), "1", 1) == 1;
}

bool abort_fuse_connection(int minor_number, std::uint64_t instance) {
  return instance != 0 && abort_fuse_connection(open_fuse_abort(minor_number, instance));
}

}  // namespace hangrate
