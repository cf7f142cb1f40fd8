// SPDX-License-Identifier: GPL-2.0-or-later
//
// A task that spins in the kernel: it is on a CPU or waits for one, and never comes back from one
// system call. No sleeper, so no hang that a supervisor could prove; the program says itself what
// went wrong. Two things are counted over the call, neither of which is a time that a busy host can
// stretch: what the kernel accounts to the task in ticks, of which none may be outside, and turns.
// A turn is something after which a call that can go on is over at once: the task was preempted and
// got its CPU back, which proves that the CPU runs and that it does not sleep; or it faulted, in a
// call that has one page to touch. Of preemptions there are enough if it shares its CPU with the
// program, as hang_spin_place() sees to.
#pragma once

#include "child.h"

struct hang_times {
  char state = '?';
  long faults = 0, user = 0, system = 0;  // minor ones; clock ticks, 100 a second
  long preempted = 0;
};
/// From proc_pid_stat(5), fields 3, 10, 14 and 15, counted from the last ')'.
inline hang_times hang_times_in(const char* line) {
  hang_times times;
  const char* name_end = strrchr(line, ')');
  if (name_end == nullptr ||
      sscanf(name_end + 1, " %c %*s %*s %*s %*s %*s %*s %ld %*s %*s %*s %ld %ld", &times.state,
             &times.faults, &times.user, &times.system) != 4)
    return hang_times();
  return times;
}
inline hang_times hang_times_of(int pid) {
  static char text[1 << 17];  // the list of groups alone may fill 64 KiB
  hang_times times;
  static const char* const names[] = {"stat", "status"};
  for (const char* name : names) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    const hang_fd file(open(path, O_RDONLY | O_CLOEXEC));
    const ssize_t size = file >= 0 ? read(file, text, sizeof text - 1) : 0;
    text[size > 0 ? size : 0] = '\0';
    if (name == names[0]) times = hang_times_in(text);
  }
  const char* line = strstr(text, "\nnonvoluntary_ctxt_switches:");
  if (line != nullptr) times.preempted = strtol(line + 28, nullptr, 10);
  return times;
}

enum hang_spin {
  HANG_SPIN_OVER,    // what was called has returned
  HANG_SPIN_SLEEPS,  // the task sleeps: whatever it waits for, it does not spin
  HANG_SPIN_PROVEN,  // it took HANG_SPIN_TICKS in the kernel, none outside, and as many turns
  HANG_SPIN_UNCLEAR  // none of these within 60 s
};
enum { HANG_SPIN_TICKS = 20, HANG_SPIN_NAPS = 100 };
/// Interruptibly, uninterruptibly, or idle (TASK_IDLE: as D, but no load).
inline bool hang_sleeps(char state) {
  return state == 'S' || state == 'D' || state == 'I';
}

/// In setup(): the program and what it starts share one CPU.
inline void hang_spin_place() {
  if (*hang_place(0, hang_cpu(hang_lane()), SCHED_OTHER) != '\0')
    hang_must(-1, "sched_setaffinity");
}

/// Watches process `pid`, which is in the call in question and has one thread, until over().
/// `turns` are its `preempted` or `faults`.
template <typename Over>
hang_spin hang_watch_spin(int pid, long hang_times::*turns, Over over) {
  const int64_t deadline = hang_now() + 60000000000LL;
  hang_times begin = hang_times_of(pid);
  for (int naps = 0; hang_now() < deadline; hang_nap(1000000)) {
    const hang_times now = hang_times_of(pid);
    if (over()) return HANG_SPIN_OVER;
    // Ticks are shared out by proportion, so that a few may come late to the user's side.
    if (now.user != begin.user) begin = now;
    if (now.system - begin.system >= HANG_SPIN_TICKS &&
        now.*turns - begin.*turns >= HANG_SPIN_TICKS)
      return HANG_SPIN_PROVEN;
    naps = hang_sleeps(now.state) ? naps + 1 : 0;
    if (naps == HANG_SPIN_NAPS) return HANG_SPIN_SLEEPS;
  }
  return HANG_SPIN_UNCLEAR;
}

/// Does SIGKILL end it (OVER), or does it spin on for as long again (PROVEN)?
inline hang_spin hang_kill_spinner(hang_child* child, long hang_times::*turns) {
  hang_child_kill(child);
  return hang_watch_spin(child->pid, turns, [=] { return hang_child_reaped(child); });
}
inline const char* hang_kill_words(hang_spin after) {
  return after == HANG_SPIN_OVER     ? "SIGKILL ended it"
         : after == HANG_SPIN_PROVEN ? "SIGKILL did not end it"
                                     : "whether SIGKILL ends it is not clear";
}
