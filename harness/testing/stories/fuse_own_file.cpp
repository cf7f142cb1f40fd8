// SPDX-License-Identifier: GPL-2.0-or-later
//
// fuse_own_file SECONDS: a container with a FUSE daemon inside that holds a file on its own mount,
// and the container is killed. Neither the daemon nor the namespace's init ends; after so many
// seconds, or with ^C, the connection is aborted, and all is well. Needs root. In a mount namespace
// of its own.
#include <thread>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../waits/corner.h"
#include "repros/kit/fuse/server.h"

namespace {

constexpr const char* kFile = HR_WAITS_MOUNT "/" HANG_FUSE_FILE;

[[noreturn]] void give_up(const char* operation) {
  perror(operation);
  exit(1);
}
/// Answers; a second thread opens the file, keeps it and says so.
[[noreturn]] void daemon_with_file(int device, int opened) {
  prctl(PR_SET_NAME, "fuse-daemon");
  std::thread([=] {
    if (open(kFile, O_RDONLY | O_CLOEXEC) < 0 || write(opened, "x", 1) != 1) give_up(kFile);
    for (;;) pause();
  }).detach();
  hang_fuse_serve(device, [](uint32_t) { return static_cast<int>(HANG_FUSE_ANSWER); });
  _exit(0);
}
[[noreturn]] void container(int device, int opened) {
  prctl(PR_SET_NAME, "container-init");
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (fork() == 0) daemon_with_file(device, opened);
  close(device);
  close(opened);
  for (;;) pause();
}
int mount_fuse() {
  char options[96];
  const int device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
  snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0", device);
  if (mount("story", HR_WAITS_MOUNT, "fuse", MS_NOSUID | MS_NODEV, options) != 0)
    give_up("mount(fuse)");
  return device;
}
/// The number of a connection is the minor of its mount; this statx sends no request.
int connection_number() {
  struct statx facts;
  if (statx(AT_FDCWD, HR_WAITS_MOUNT, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, 0, &facts) != 0)
    give_up("statx");
  return static_cast<int>(facts.stx_dev_minor);
}
void abort_connection(int number) {
  char path[96];
  snprintf(path, sizeof path, "/sys/fs/fuse/connections/%d/abort", number);
  const int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0 || write(file, "1", 1) != 1) give_up(path);
  close(file);
}

}  // namespace

int main(int argc, char** argv) {
  const int seconds = argc == 2 ? atoi(argv[1]) : 600;
  const char* refused = hangrate::waits::make_corner();
  if (*refused != '\0') return fprintf(stderr, "fuse_own_file: %s\n", refused), 4;
  int opened[2];
  char byte;
  if (pipe2(opened, O_CLOEXEC) != 0) give_up("pipe2");
  const int device = mount_fuse(), number = connection_number();
  const long init = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, nullptr, nullptr, nullptr, 0L);
  if (init < 0) give_up("clone");
  if (init == 0) container(device, opened[1]);
  close(device);
  close(opened[1]);
  if (read(opened[0], &byte, 1) != 1) give_up("the daemon did not open its file");
  close(opened[0]);
  for (const int wake : {SIGINT, SIGTERM, SIGHUP}) signal(wake, [](int) {});
  kill(static_cast<pid_t>(init), SIGKILL);
  sleep(static_cast<unsigned>(seconds));
  const bool lives = waitpid(static_cast<pid_t>(init), nullptr, WNOHANG) == 0;
  printf("%ld %s after %d s\n", init, lives ? "does not die" : "is dead", seconds);
  abort_connection(number);
  if (lives) waitpid(static_cast<pid_t>(init), nullptr, 0);
  return 0;
}
