// SPDX-License-Identifier: GPL-2.0-or-later
//
// The worker's own corner of the machine: a private mount namespace in which /sys/fs/fuse is a
// ramfs with the mount point and the FUSE control filesystem. No directory is made that could be
// left behind: all of it disappears with the last process of the worker.
#pragma once

#include <sys/mount.h>

#include "../hang.h"
#include "guard.h"

/// Nobody but the victims may look at anything below the mount point: that would be a request to a
/// server which is meant to be dead.
#define HANG_FUSE_MOUNT "/sys/fs/fuse/mount"
#define HANG_FUSE_PATH HANG_FUSE_MOUNT "/file"

/// "OPERATION: strerror (errno): FIX"
inline const char* hang_fuse_refused(const char* operation, const char* fix) {
  static char text[512];
  snprintf(text, sizeof text, "%s: %s (%d): %s", operation, strerror(errno), errno, fix);
  return text;
}

inline const char* hang_fuse_no_device() {
  if (errno == ENOENT || errno == ENODEV || errno == ENXIO)
    return hang_fuse_refused("open(/dev/fuse)",
                             "no FUSE here; modprobe fuse, boot a kernel with CONFIG_FUSE_FS, or "
                             "give the container the device (docker run --device /dev/fuse)");
  return hang_fuse_refused("open(/dev/fuse)",
                           "run as root; in a container, allow the device (docker run --device "
                           "/dev/fuse --cap-add SYS_ADMIN)");
}

inline const char* hang_fuse_no_ramfs() {
  if (errno == ENOENT)
    return hang_fuse_refused("mount(ramfs, /sys/fs/fuse)",
                             "modprobe fuse, and mount -t sysfs none /sys if /sys is empty");
  return hang_fuse_refused("mount(ramfs, /sys/fs/fuse)",
                           "mounting is denied; a container needs --privileged, or "
                           "--security-opt apparmor=unconfined beside CAP_SYS_ADMIN");
}

/// Moves the calling process into a corner of its own. "": done; else why it cannot be had here.
inline const char* hang_fuse_prepare() {
  const unsigned long bare = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  const hang_fd probe(open("/dev/fuse", O_RDWR | O_CLOEXEC));  // loads the module: /sys/fs/fuse
  if (probe < 0) return hang_fuse_no_device();
  if (unshare(CLONE_NEWNS) != 0)
    return hang_fuse_refused("unshare(CLONE_NEWNS)",
                             "needs CAP_SYS_ADMIN; run as root, in a container with --privileged");
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    return hang_fuse_refused("mount(/, MS_PRIVATE)",
                             "the root directory is no mount point (chroot?); use pivot_root or a "
                             "mount namespace of its own");
  if (mount("hangrate", "/sys/fs/fuse", "ramfs", bare, "mode=700") != 0)
    return hang_fuse_no_ramfs();
  if (mkdir("/sys/fs/fuse/connections", 0700) != 0 || mkdir(HANG_FUSE_MOUNT, 0700) != 0)
    return hang_fuse_refused("mkdir", "below /sys/fs/fuse");
  if (mount("hangrate", "/sys/fs/fuse/connections", "fusectl", 0, nullptr) != 0)
    return hang_fuse_refused("mount(fusectl)",
                             "without it no victim could be freed; a container "
                             "needs --privileged");
  return "";
}

/// The minor of the mount's device, its name under /sys/fs/fuse/connections; 0: none. Sends no
/// request, so it needs no server: AT_STATX_DONT_SYNC answers from what the kernel has (v6.1
/// fs/fuse/dir.c fuse_update_get_attr()), and st_dev, all that we want, is always filled in.
inline int hang_fuse_number() {
  struct statx facts;
  const int flags = AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT | AT_SYMLINK_NOFOLLOW;
  if (statx(AT_FDCWD, HANG_FUSE_MOUNT, flags, 0, &facts) != 0) return 0;
  return static_cast<int>(facts.stx_dev_minor);
}

/// Opens /dev/fuse and mounts; INIT waits for whoever will serve. Returns the number of the
/// connection, which is guarded from then on.
inline int hang_fuse_mount(hang_fd* device) {
  char options[128];
  device->reset(
      static_cast<int>(hang_must(open("/dev/fuse", O_RDWR | O_CLOEXEC), "open(/dev/fuse)")));
  snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=%u,group_id=%u",
           static_cast<int>(*device), geteuid(), getegid());
  // By its source it is found, even if we die before its number is known.
  hang_must(mount(hang_mark(), HANG_FUSE_MOUNT, "fuse", MS_NOSUID | MS_NODEV, options),
            "mount(fuse, " HANG_FUSE_MOUNT ")");
  const int number = hang_fuse_number();
  if (number == 0) hang_fail("statx of the mount point failed");
  hang_fuse_guard(number);
  return number;
}
/// Detaches the mount; it disappears once nobody uses it.
inline void hang_fuse_unmount() {
  hang_must(umount2(HANG_FUSE_MOUNT, MNT_DETACH | UMOUNT_NOFOLLOW), "umount2(" HANG_FUSE_MOUNT ")");
  hang_fuse_guard(0);
}
