// SPDX-License-Identifier: GPL-2.0-or-later
//
// The freezer of suspend and hibernation, without an image: SNAPSHOT_FREEZE and SNAPSHOT_UNFREEZE
// of /dev/snapshot (kernel/power/user.c). It writes filesystems out first and freezes ALL tasks of
// the machine but the caller, so it is for guests: only where it was told machine=freeze.
#pragma once

#include <sys/file.h>
#include <sys/ioctl.h>

#include "guard.h"

/// One process at a time has it; -1: not within 10 s, or not at all.
inline int hang_freezer_open() {
  int device = -1;
  hang_until(
      [&] {
        device = open("/dev/snapshot", O_RDONLY | O_CLOEXEC);
        return device >= 0 || errno != EBUSY;
      },
      10);
  return device;
}
/// The second CPU, if there is one that was online: its file in /sys, with a lock that all have who
/// want it offline.
static int hang_second_cpu = -1;

inline void hang_second_cpu_back() {  // by a guard, which has the lock of its worker
  if (flock(hang_second_cpu, LOCK_EX | LOCK_NB) != 0) return;  // another one wants it
  hang_until([] { return pwrite(hang_second_cpu, "1", 1, 0) > 0 || errno != EBUSY; }, 60);
}
/// In setup(): "", or why this machine cannot be frozen, or may not.
/// While its workers live the second CPU is offline: the freezer has the kernel patch its text
/// (freezer_active), and QEMU 7.2 under TCG executes a half of that on two CPUs.
inline const char* hang_freezer_prepare() {
  if (!hang_chose("machine", "freeze"))
    return "it freezes all tasks of the machine for moments: for a guest, with machine=freeze";
  if (hang_fd(hang_freezer_open()) < 0)
    return "no /dev/snapshot to be had: needs root, CONFIG_HIBERNATION_SNAPSHOT_DEV, no lockdown";
  hang_second_cpu = open("/sys/devices/system/cpu/cpu1/online", O_RDWR | O_CLOEXEC);
  if (hang_second_cpu < 0) return "";
  char online = '0';
  const bool alone = flock(hang_second_cpu, LOCK_EX | LOCK_NB) == 0;
  if (alone && pread(hang_second_cpu, &online, 1, 0) == 1 && online == '0') {
    close(hang_second_cpu);  // somebody else has it offline, whose affair it is
    return "";
  }
  // A guard that brings it back has the lock alone for a moment.
  if (!hang_until([] { return flock(hang_second_cpu, LOCK_SH | LOCK_NB) == 0; }, 10))
    return "somebody holds the lock of the second CPU";
  hang_guard("cpu-guard", hang_second_cpu, hang_second_cpu_back);
  // EBUSY: somebody has the device, and CPUs stay as they are meanwhile.
  const bool off =
      hang_until([] { return pwrite(hang_second_cpu, "0", 1, 0) > 0 || errno != EBUSY; }, 10);
  return off ? "" : "the second CPU does not go offline";
}

/// A value in /sys while this lives; what was there is put back.
class hang_setting {
 public:
  hang_setting(const char* path, const char* value) : file_(open(path, O_RDWR | O_CLOEXEC)) {
    if (file_ < 0 || pread(file_, before_, sizeof before_ - 1, 0) <= 0) return;
    set_ = pwrite(file_, value, strlen(value), 0) > 0;
  }
  ~hang_setting() {
    if (set_ && pwrite(file_, before_, strlen(before_), 0) < 0) hang_note("%s", strerror(errno));
  }
  hang_setting(const hang_setting&) = delete;
  hang_setting& operator=(const hang_setting&) = delete;
  bool set() const { return set_; }

 private:
  hang_fd file_;
  char before_[32] = "";
  bool set_ = false;
};

/// 0: all tasks froze within 500 ms, and are thawed again; else why not: EBUSY if they did not.
inline int hang_freeze_machine() {
  const hang_fd device(hang_freezer_open());
  if (device < 0) return errno;
  const hang_setting limit("/sys/power/pm_freeze_timeout", "500");  // ms; it is 20 s
  if (!limit.set()) return errno;
  if (ioctl(device, _IO('3', 1), 0) != 0) return errno;
  return ioctl(device, _IO('3', 2), 0) == 0 ? 0 : errno;
}
