// SPDX-License-Identifier: GPL-2.0-or-later
//
// A task that spins in the kernel: it is on a CPU or waits for one, and never comes back from one
// system call or page fault. No sleeper, so no hang that a supervisor could prove; the program says
// itself what went wrong, from the CPU time that the kernel accounts to the task. Wall time is no
// evidence: a machine may be slow. CPU time that one call takes in the kernel, with nothing to do
// there, is.
#pragma once

#include "child.h"

struct hang_times {
  char state = '?';
  long user = 0, system = 0;  // clock ticks, 100 a second
};
/// From proc_pid_stat(5), fields 3, 14 and 15, counted from the last ')'.
inline hang_times hang_times_in(const char* line) {
  hang_times times;
  const char* name_end = strrchr(line, ')');
  if (name_end == nullptr ||
      sscanf(name_end + 1, " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %ld %ld", &times.state,
             &times.user, &times.system) != 3)
    return hang_times();
  return times;
}
inline hang_times hang_times_of(int pid) {
  char path[64], line[512];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  const hang_fd file(open(path, O_RDONLY | O_CLOEXEC));
  const ssize_t size = file >= 0 ? read(file, line, sizeof line - 1) : 0;
  line[size > 0 ? size : 0] = '\0';
  return hang_times_in(line);
}

enum hang_spin {
  HANG_SPIN_OVER,    // what was called has returned
  HANG_SPIN_SLEEPS,  // the task sleeps: whatever it waits for, it does not spin
  HANG_SPIN_PROVEN,  // it took HANG_SPIN_TICKS in the kernel and none outside
  HANG_SPIN_UNCLEAR  // none of these within 60 s
};
enum { HANG_SPIN_TICKS = 20, HANG_SPIN_NAPS = 100 };

/// Watches process `pid`, which is in the call in question and has one thread, until over().
template <typename Over>
hang_spin hang_watch_spin(int pid, Over over) {
  const int64_t deadline = hang_now() + 60000000000LL;
  hang_times begin = hang_times_of(pid);
  for (int naps = 0; hang_now() < deadline; hang_nap(1000000)) {
    const hang_times now = hang_times_of(pid);
    if (over()) return HANG_SPIN_OVER;
    // Ticks are shared out by proportion, so that a few may come late to the user's side.
    if (now.user != begin.user) begin = now;
    if (now.system - begin.system >= HANG_SPIN_TICKS) return HANG_SPIN_PROVEN;
    naps = now.state == 'S' || now.state == 'D' ? naps + 1 : 0;
    if (naps == HANG_SPIN_NAPS) return HANG_SPIN_SLEEPS;
  }
  return HANG_SPIN_UNCLEAR;
}

/// Does SIGKILL end it? "" if it spins on for as long again.
inline const char* hang_kill_spinner(hang_child* child) {
  hang_child_kill(child);
  const hang_spin after = hang_watch_spin(child->pid, [=] { return hang_child_reaped(child); });
  return after == HANG_SPIN_OVER     ? "SIGKILL ended it"
         : after == HANG_SPIN_PROVEN ? "SIGKILL did not end it"
                                     : "whether SIGKILL ends it is not clear";
}

/// In setup(): a process of its own that calls `rescue` should the worker die, for a spinner that
/// cannot be killed. It has the memory that is shared by then, and the descriptor `keep` (-1:
/// none).
inline void hang_spin_guard(void (*rescue)(), int keep) {
  std::atomic<int>* listens = static_cast<std::atomic<int>*>(hang_share(sizeof *listens));
  const int worker = getpid();
  if (hang_must(fork(), "fork") != 0) {
    if (!hang_until([=] { return *listens != 0; }, 10)) hang_fail("the guard did not start");
    return;
  }
  sigset_t all, death;
  setsid();
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, nullptr);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  *listens = 1;
  // Holds no end of a pipe open. 436 is close_range(), on every machine.
  if (keep > 0) syscall(436, 0U, static_cast<unsigned>(keep) - 1, 0U);
  syscall(436, static_cast<unsigned>(keep + 1), ~0U, 0U);
  sigemptyset(&death);
  sigaddset(&death, SIGTERM);
  for (int number = 0; getppid() == worker;) sigwait(&death, &number);
  rescue();
  _exit(0);
}
