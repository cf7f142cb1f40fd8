// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether a process can still do something, from /proc/PID/task/TID/stat. Reading these files takes
// no lock that a task stuck in exit or in a FUSE request holds, but for one inside execve(2):
// "proc: protect ptrace_may_access() with exec_update_lock" (6.12.97, 6.1.178).
#pragma once

#include <dirent.h>

#include "hang.h"

/// Of a process: the life of its liveliest thread.
enum hang_life {
  HANG_ALIVE,    // nothing has told it to die
  HANG_KILLED,   // SIGKILL is pending, but it has not begun to exit
  HANG_EXITING,  // past exit_signals(): PF_EXITING, set before exit_files() (v6.1 kernel/exit.c)
  HANG_GONE      // no such process, or a zombie
};

/// From one line of stat. The name may hold anything, so all is counted from the last ')'. Fields
/// of proc_pid_stat(5): 3 state, 9 flags, 31 signals pending for this very thread. Cut off: gone.
inline hang_life hang_life_in(const char* line) {
  char state = 0;
  unsigned flags = 0;
  unsigned long pending = 0;
  const char* name_end = strrchr(line, ')');
  if (name_end == nullptr ||
      sscanf(name_end + 1,
             " %c %*s %*s %*s %*s %*s %u %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
             "%*s %*s %*s %*s %*s %*s %*s %lu",
             &state, &flags, &pending) != 3)
    return HANG_GONE;
  if (state == 'Z' || state == 'X') return HANG_GONE;
  if ((flags & 4) != 0) return HANG_EXITING;  // PF_EXITING, include/linux/sched.h, v5.10 to v7
  return (pending >> (SIGKILL - 1) & 1) != 0 ? HANG_KILLED : HANG_ALIVE;
}

/// Of each thread of a process.
template <typename Each>
void hang_each_life(int pid, Each each) {
  char path[64], line[1024];
  snprintf(path, sizeof path, "/proc/%d/task", pid);
  DIR* threads = opendir(path);
  if (threads == nullptr) return;
  while (const dirent* entry = readdir(threads)) {
    if (entry->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "/proc/%d/task/%.20s/stat", pid, entry->d_name);
    const hang_fd file(open(path, O_RDONLY | O_CLOEXEC));
    const ssize_t size = file >= 0 ? read(file, line, sizeof line - 1) : 0;
    line[size > 0 ? size : 0] = '\0';
    each(hang_life_in(line));
  }
  closedir(threads);
}
inline hang_life hang_life_of(int pid) {
  hang_life liveliest = HANG_GONE;
  hang_each_life(pid, [&](hang_life life) { liveliest = life < liveliest ? life : liveliest; });
  return liveliest;
}
/// Threads that are not gone.
inline int hang_threads_of(int pid) {
  int count = 0;
  hang_each_life(pid, [&](hang_life life) { count += life != HANG_GONE; });
  return count;
}
/// May a request wait for an answer, if this is the life of the only one who can give it?
inline uint32_t hang_answerable(hang_life server) {
  static const uint32_t status[] = {HANG_HOLDS, HANG_UNKNOWN, HANG_BROKEN, HANG_BROKEN};
  return status[server];
}
inline const char* hang_life_words(hang_life life) {
  static const char* const words[] = {"lives", "has been killed but has not begun to exit",
                                      "is exiting", "is gone"};
  return words[life];
}
