// SPDX-License-Identifier: GPL-2.0-or-later
#include "corner.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

namespace hangrate::waits {

static const char* refused(const char* operation) {
  static char text[160];
  snprintf(text, sizeof text, "%s: %s (%d)", operation, strerror(errno), errno);
  return text;
}

const char* make_corner() {
  const unsigned long bare = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  const int device = open("/dev/fuse", O_RDWR | O_CLOEXEC);  // loads the module: /sys/fs/fuse
  if (device < 0) return refused("open(/dev/fuse)");
  close(device);
  if (unshare(CLONE_NEWNS) != 0) return refused("unshare(CLONE_NEWNS)");
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return refused("mount(/)");
  if (mount("wait-case", "/sys/fs/fuse", "ramfs", bare, "mode=700") != 0)
    return refused("mount(/sys/fs/fuse)");
  if (mkdir("/sys/fs/fuse/connections", 0700) != 0 || mkdir(HR_WAITS_MOUNT, 0700) != 0)
    return refused("mkdir");
  if (mount("wait-case", "/sys/fs/fuse/connections", "fusectl", 0, nullptr) != 0)
    return refused("mount(fusectl)");
  return "";
}

}  // namespace hangrate::waits
