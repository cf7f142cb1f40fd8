// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/fuse_flush_exit/workspace.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/unique_fd.h"

namespace hangrate::fuse_flush_exit {

namespace {

constexpr const char* kFuseFolder = "/sys/fs/fuse";
constexpr const char* kConnections = "/sys/fs/fuse/connections";

std::string refused(const std::string& operation, const char* fix) {
  const int error_number = errno;
  return operation + ": " + std::strerror(error_number) + " (" + std::to_string(error_number) +
         "): " + fix;
}

std::string connection_file(int connection, const char* name) {
  return std::string(kConnections) + '/' + std::to_string(connection) + '/' + name;
}

}  // namespace

std::string enter_workspace() {
  constexpr const char* kPrivilege =
      "needs CAP_SYS_ADMIN; run as root, in a container with --privileged";
  if (::unshare(CLONE_NEWNS) != 0) return refused("unshare(CLONE_NEWNS)", kPrivilege);
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return refused("mount(/, MS_PRIVATE)",
                   "the root directory is no mount point (chroot?); use "
                   "pivot_root or a mount namespace of its own");
  }
  if (::mount("hangrate", kFuseFolder, "ramfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=700") !=
      0) {
    const std::string operation = std::string("mount(ramfs, ") + kFuseFolder + ")";
    if (errno == ENOENT) {
      return refused(operation, "modprobe fuse, and mount -t sysfs none /sys if /sys is empty");
    }
    return refused(operation,
                   "mounting is denied; a container needs --privileged, or "
                   "--security-opt apparmor=unconfined beside CAP_SYS_ADMIN");
  }
  if (::mkdir(kConnections, 0700) != 0) return refused("mkdir", kConnections);
  if (::mkdir(kMountPoint, 0700) != 0) return refused("mkdir", kMountPoint);
  if (::mount("hangrate", kConnections, "fusectl", 0, nullptr) != 0) {
    return refused("mount(fusectl)",
                   "without it no victim could be freed; a container needs "
                   "--privileged");
  }
  return "";
}

int fuse_connection_at(const char* where) {
  struct statx facts {};
  constexpr int kFlags = AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT | AT_SYMLINK_NOFOLLOW;
  // Mask 0: st_dev is all we want, and the kernel fills it in always.
  if (::statx(AT_FDCWD, where, kFlags, 0, &facts) != 0) return 0;
  return static_cast<int>(facts.stx_dev_minor);
}

std::string unmount(const char* where) {
  if (::umount2(where, MNT_DETACH | UMOUNT_NOFOLLOW) == 0) return "";
  return refused("umount2", where);
}

std::optional<long> fuse_requests_waiting(int connection) {
  const UniqueFd fd(::open(connection_file(connection, "waiting").c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return std::nullopt;
  char text[32];
  const ssize_t size = ::read(fd.get(), text, sizeof text - 1);
  if (size <= 0) return std::nullopt;
  text[size] = '\0';
  return std::strtol(text, nullptr, 10);
}

bool abort_fuse_connection(int connection) {
  const UniqueFd fd(::open(connection_file(connection, "abort").c_str(), O_WRONLY | O_CLOEXEC));
  return fd && ::write(fd.get(), "1", 1) == 1;
}

}  // namespace hangrate::fuse_flush_exit
