// SPDX-License-Identifier: GPL-2.0-or-later
//
// FUSE: a request waits for whoever holds the connection's device.
#include <thread>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "corner.h"
#include "repros/kit/fuse/server.h"
#include "stage.h"

namespace hangrate::waits {
namespace {

constexpr const char* kFile = HR_WAITS_MOUNT "/" HANG_FUSE_FILE;
int connection;

/// Its number is the minor of the mount's device; this statx asks no server (AT_STATX_DONT_SYNC).
int mount_fuse() {
  char options[128];
  struct statx facts;
  const int device = static_cast<int>(must(open("/dev/fuse", O_RDWR | O_CLOEXEC), "/dev/fuse"));
  snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0", device);
  must(mount("wait-case", HR_WAITS_MOUNT, "fuse", MS_NOSUID | MS_NODEV, options), "mount");
  must(statx(AT_FDCWD, HR_WAITS_MOUNT, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, 0, &facts), "statx");
  connection = static_cast<int>(facts.stx_dev_minor);
  owes_connection(connection);
  return device;
}
int open_mounted() {
  return static_cast<int>(must(open(kFile, O_RDONLY | O_CLOEXEC), "open"));
}
/// Serves; requests of kind `withheld` stay without an answer.
void serve(int device, uint32_t withheld) {
  hang_fuse_serve(device, [=](uint32_t opcode) {
    return opcode == withheld ? HANG_FUSE_WITHHOLD : HANG_FUSE_ANSWER;
  });
}
/// The first request, INIT.
void serve_one(int device) {
  static char bytes[16384];
  hang_fuse_reply reply;
  const long size = must(read(device, bytes, sizeof bytes), "read(/dev/fuse)");
  const hang_fuse_request request = hang_fuse_read(bytes, static_cast<size_t>(size));
  must(write(device, &reply, hang_fuse_answer(request, 0, &reply)), "write(/dev/fuse)");
}

void asks_itself() {
  const int device = mount_fuse();
  start(SYS_openat, {device}, [=] {
    serve_one(device);
    open_mounted();
  });
}
void withheld_alive() {
  const int device = mount_fuse();
  start(SYS_read, {device}, [=] { serve(device, FUSE_LOOKUP); });
  start(SYS_openat, {}, [] { open_mounted(); });
}
void daemon_naps() {
  const int device = mount_fuse();
  start(SYS_clock_nanosleep, {device}, [=] {
    serve_one(device);
    nap();
  });
  start(SYS_openat, {}, [] { open_mounted(); });
}
void daemon_waits_for_client() {
  const int device = mount_fuse();
  start(SYS_wait4, {device}, [=] {
    serve_one(device);
    wait_for(start(SYS_openat, {}, [] { open_mounted(); }));
  });
}
void idle() {
  const int device = mount_fuse();
  start(SYS_read, {device}, [=] { serve(device, 0); });
}

// ---- A daemon that has a file of its own mount open, and dies. ----

void daemon_with_file(int device) {
  expect_task();
  std::thread([] {
    open_mounted();
    expect_rest(kAnyCall);
    rest();
  }).detach();
  serve(device, 0);
}
/// Its FLUSH is asked for when nobody is left who reads requests.
void await_flush() {
  char path[96], text[16] = "";
  snprintf(path, sizeof path, "/sys/fs/fuse/connections/%d/waiting", connection);
  for (int round = 0; round < 5000 && atoi(text) != 1; ++round) {
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file >= 0 && read(file, text, sizeof text - 1) <= 0) text[0] = '\0';
    close(file);
    short_nap(2);
  }
  errno = ETIMEDOUT;
  if (atoi(text) != 1) fail("no request is waiting");
}
void dies_with_file() {
  const int device = mount_fuse();
  const pid_t daemon = start(kAnyCall, {device}, [=] { daemon_with_file(device); });
  close(device);
  await_rest();
  must(kill(daemon, SIGKILL), "kill");
  revise_rest(daemon, kExiting);
  await_flush();
}
/// A child that has the device and a file too; the daemon itself has died before, as anybody dies.
void heir_dies() {
  const int device = mount_fuse();
  const pid_t daemon = static_cast<pid_t>(must(fork(), "fork"));
  if (daemon == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    serve(device, 0);
    _exit(0);
  }
  const pid_t heir = start(kAnyCall, {device}, [] {
    open_mounted();
    rest();
  });
  close(device);
  await_at(heir, kPause);
  must(kill(daemon, SIGKILL), "kill");
  must(waitpid(daemon, nullptr, 0), "waitpid");
  must(kill(heir, SIGKILL), "kill");
  revise_rest(heir, kExiting);
  await_flush();
}
void namespace_dies() {
  const int device = mount_fuse();
  expect_task();
  const long init =
      must(syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, nullptr, nullptr, nullptr, 0L), "clone");
  if (init == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    start(kExiting, {device}, [=] { daemon_with_file(device); });
    keep_only({});
    expect_rest(kExiting);
    rest();
  }
  close(device);
  await_rest();
  must(kill(static_cast<pid_t>(init), SIGKILL), "kill");
  for (const pid_t pid : pids()) revise_rest(pid, kExiting);
  await_flush();
}

// ---- Calls that hold a lock of the kernel meanwhile. ----

/// In execve, which some kernels (v6.18 too) let hold exec_update_lock: other files of /proc block.
void exec_closes() {
  const int device = mount_fuse();
  start(SYS_read, {device}, [=] { serve(device, FUSE_FLUSH); });
  start(kAnyCall, {}, [] {
    open_mounted();
    execl("/proc/self/exe", "wait_cases", "--list", nullptr);
  });
}
/// ep->mtx is held: fdinfo of the epoll and a poll of its duplicate block.
void epoll_adds() {
  const int device = mount_fuse();
  start(SYS_read, {device}, [=] { serve(device, FUSE_POLL); });
  start(SYS_epoll_ctl, {}, [] {
    epoll_event event = {};
    event.events = EPOLLIN;
    must(epoll_ctl(epoll_create1(EPOLL_CLOEXEC), EPOLL_CTL_ADD, open_mounted(), &event),
         "epoll_ctl");
  });
}
/// LOOKUP holds the folder's lock, and the notification wants it.
void invalidates() {
  const int device = mount_fuse();
  start(SYS_write, {device}, [=] {
    struct {
      fuse_out_header header;
      fuse_notify_inval_entry_out entry;
      char name[sizeof HANG_FUSE_FILE];
    } notice = {};
    static char bytes[16384];
    serve_one(device);
    start(SYS_openat, {}, [] { open_mounted(); });
    must(read(device, bytes, sizeof bytes), "read(/dev/fuse)");
    memcpy(notice.name, HANG_FUSE_FILE, sizeof notice.name);
    notice.header.error = FUSE_NOTIFY_INVAL_ENTRY;
    notice.entry.parent = FUSE_ROOT_ID;
    notice.entry.namelen = sizeof notice.name - 1;
    notice.header.len = sizeof notice.header + sizeof notice.entry + sizeof notice.name;
    must(write(device, &notice, notice.header.len), "write(/dev/fuse)");
  });
}

const Family kFuse{
    {"fuse-asks-itself", "orphaned|deadlock", false, "root fuse",
     "the daemon's only thread opens a file of its own mount", asks_itself},
    {"fuse-withheld", "none", false, "root fuse",
     "client in open; the daemon reads on and could answer", withheld_alive},
    {"fuse-daemon-naps", "none", false, "root fuse", "client in open, the daemon naps",
     daemon_naps},
    {"fuse-daemon-waits-for-client", "deadlock", false, "root fuse",
     "client in open, its daemon in wait4 for it", daemon_waits_for_client},
    {"fuse-idle", "none", false, "root fuse", "a daemon that nobody asks", idle},
    {"fuse-dies-with-own-file", "orphaned|deadlock", false, "root fuse",
     "a dying daemon closes a file of its own mount, FLUSH has no reader", dies_with_file},
    {"fuse-heir-dies", "orphaned|deadlock", false, "root fuse",
     "the same, by a child that has inherited the device; the daemon is gone", heir_dies},
    {"fuse-namespace-dies", "deadlock|orphaned", false, "root fuse",
     "the same in a pid namespace, whose dying init waits for the daemon", namespace_dies},
    {"fuse-exec-closes", "none|stuck", false, "root fuse",
     "execve closes a file, FLUSH is withheld; reads of its /proc may block", exec_closes},
    {"fuse-epoll-adds", "none|stuck", false, "root fuse",
     "epoll_ctl of a file, POLL is withheld; a look at the epoll may block for good", epoll_adds},
    {"fuse-invalidates-lookup", "deadlock|stuck", false, "root fuse",
     "client in LOOKUP with the folder's lock, the daemon's notification waits for that lock",
     invalidates},
};

}  // namespace
}  // namespace hangrate::waits
