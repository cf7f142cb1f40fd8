// SPDX-License-Identifier: GPL-2.0-or-later
//
// hang_child: a forked process that dies with its parent, and that the parent waits for with a
// bound.
#pragma once

#include <poll.h>

#include "hang.h"

struct hang_child {
  int pid = 0;  // 0: none, or reaped
  hang_fd end;  // its pidfd
};

/// Forks, with more `flags` if wanted (CLONE_NEWPID, CLONE_PARENT). `run` does not return into the
/// parent's code. Not fork(): it knows no flags. The caller has one thread.
inline void hang_child_start(hang_child* child, unsigned long flags, void (*run)()) {
  const int parent = (flags & CLONE_PARENT) != 0 ? getppid() : getpid();
  int end = -1;
  const long pid = hang_must(
      syscall(SYS_clone, flags | CLONE_PIDFD | SIGCHLD, nullptr, &end, nullptr, 0L), "clone");
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    // The parent may have died before that. From a new pid namespace it shows as 0 either way.
    if (getppid() == parent || (flags & CLONE_NEWPID) != 0) run();
    _exit(0);
  }
  child->pid = static_cast<int>(pid);
  child->end.reset(end);
}
/// Takes over a child that another one forked for us (CLONE_PARENT).
inline void hang_child_adopt(hang_child* child, int pid) {
  child->end.reset(static_cast<int>(hang_must(syscall(SYS_pidfd_open, pid, 0), "pidfd_open")));
  child->pid = pid;
}
inline void hang_child_kill(const hang_child* child) {
  if (child->pid > 0) kill(child->pid, SIGKILL);
}
/// Reaps it if it is dead. True from then on, and for none.
inline bool hang_child_reaped(hang_child* child) {
  if (child->pid <= 0) return true;
  const int gone = waitpid(child->pid, nullptr, WNOHANG);
  if (gone == 0 || (gone < 0 && errno != ECHILD)) return false;
  child->pid = 0;
  child->end.reset();
  return true;
}
/// Sleeps until it may be dead, at most `ns`.
inline void hang_child_wait(const hang_child* child, int64_t ns) {
  pollfd end = {child->end, POLLIN, 0};
  timespec span;
  span.tv_sec = ns / 1000000000;
  span.tv_nsec = ns % 1000000000;
  if (ns > 0) ppoll(&end, 1, &span, nullptr);
}
/// Waits for its death, at most `seconds`.
inline bool hang_child_ends(hang_child* child, int seconds) {
  const int64_t deadline = hang_now() + seconds * 1000000000LL;
  while (!hang_child_reaped(child)) {
    if (hang_now() > deadline) return false;
    hang_child_wait(child, deadline - hang_now());
  }
  return true;
}
