// SPDX-License-Identifier: GPL-2.0-or-later
//
// Trace events in words: tasks by their role, pipes by their slots. Not escaped: a comm is what a
// program says, and whoever prints it makes it safe. Pure.
#pragma once

#include <map>
#include <string>

#include "harness/model/trace.h"

namespace hangrate {

/// How the tasks of a trace are called: "writer" if one task has that role, "daemon (4712)" if more
/// have or if it is a thread of a process with that role, else "comm (4712)", "task 4712" or "an
/// idle CPU".
class TaskNames {
 public:
  explicit TaskNames(const Trace& trace);
  std::string of(int tid) const;
  /// Its own, else that of its process; "" = not a party of the trial.
  std::string role_of(int tid) const;

 private:
  std::map<int, TraceTask> tasks_;
  std::map<std::string, int> count_;  ///< of tasks with that role
};

/// Slots in use. head and tail run on and wrap (v6.1 include/linux/pipe_fs_i.h, pipe_occupancy()).
std::uint32_t slots_used(const PipeState& pipe);
/// Would a writer sleep? (pipe_full(), same file)
bool ring_full(const PipeState& pipe);

/// "16 of 16 slots used"
std::string slots_text(const PipeState& pipe);
/// "SIGKILL", "signal 40"
std::string signal_text(std::int64_t number);
/// "FLUSH", "opcode 99"
std::string fuse_opcode_text(std::int64_t opcode);
/// "FUSE request 6, FLUSH"; "a FUSE request" where the recorder could not read its number (0) and
/// its opcode (0).
std::string fuse_request_text(const TraceEvent& event);
/// F_SETPIPE_SZ, `number` of a PipeFcntl that resizes; of the kernel's user interface, which no
/// release changes (include/uapi/linux/fcntl.h).
inline constexpr std::int64_t kSetPipeSize = 1031;
/// "fcntl(F_SETPIPE_SZ, 1048576)"
std::string fcntl_text(const TraceEvent& call);

/// What the task on the CPU does: "enters pipe_write on pipe 7 (16 of 16 slots used)".
std::string describe_event(const TraceEvent& event, const TaskNames& names);

}  // namespace hangrate
