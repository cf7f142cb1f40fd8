// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether a process can still do something, from /proc/PID/task/TID/stat. Reading these files takes
// no lock that a task stuck in exit or in a FUSE request holds; nothing here opens maps, mem or fd.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace hangrate::fuse_flush_exit {

/// What proc_pid_stat(5) says of one task, as far as we ask.
struct TaskStat {
  char state = '?';           ///< field 3
  std::uint64_t flags = 0;    ///< field 9: PF_EXITING and others
  std::uint64_t pending = 0;  ///< field 31: signals pending for this very thread, bit n-1
};

/// Parses one stat line. The command name may hold spaces, parentheses and newlines, so everything
/// is counted from the last ')'.
std::optional<TaskStat> parse_task_stat(std::string_view line);

enum class Life {
  Alive,    ///< some thread runs or sleeps, and nothing has told it to die
  Killed,   ///< SIGKILL is pending, but some thread has not begun to exit
  Exiting,  ///< every thread left is past exit_signals(): PF_EXITING
  Gone,     ///< no such process, or only a zombie
};

/// PF_EXITING is set by exit_signals() at the start of do_exit(), before exit_files() (v6.1
/// kernel/exit.c). It never becomes user code again, so an Exiting process answers nobody.
Life life_of_task(const TaskStat& stat);

/// The life of the liveliest thread. Blocks on nothing.
Life life_of_process(int pid);

}  // namespace hangrate::fuse_flush_exit
