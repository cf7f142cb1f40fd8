// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a /proc reader and its helper say to each other over their socket. Only for those two.
#pragma once

#include <cstddef>
#include <cstdint>

#include "harness/sys/proc_reader.h"

namespace hangrate::proc_wire {

inline constexpr std::size_t kMaxTargets = 8;
inline constexpr std::size_t kMaxWorkers = 64;
inline constexpr std::size_t kMaxThreads = 64;  // of one process; more are not looked at
inline constexpr std::size_t kPacketBytes = 160 * 1024;

/// In the order in which they are asked for, of all targets before the next: first what waits for
/// nothing of the victim, last what may wait for a lock that the victim holds.
enum class Source : std::uint32_t {
  Stat,
  Status,
  Wchan,
  Syscall,   ///< proc_pid_syscall() and proc_pid_stack() take exec_update_lock (fs/proc/base.c,
  Stack,     ///< lock_trace(), v5.10 to v7.2), which an execve holds while it closes files
  Poll,      ///< of a copy of a descriptor
  Queued,    ///< FIONREAD: pipe_ioctl() takes the mutex of the pipe (fs/pipe.c)
  Capacity,  ///< F_GETPIPE_SZ: pipe_fcntl() takes it too
  Gone,
  NotOurs,  ///< the target is none of the run's
  Foreign,  ///< /proc shows other tasks than ours
};
inline constexpr const char* kFiles[] = {"stat", "status", "wchan", "syscall", "stack"};
inline constexpr std::uint32_t kMotionFiles = 3;  // the first three tell whether it moved

struct Request {
  std::uint64_t id = 0;
  Namer namer;
  std::int32_t signal = 0;       ///< not 0: send it to the targets
  std::int32_t abort_minor = 0;  ///< not 0: abort this FUSE connection, held by the targets
  std::uint64_t abort_instance = 0;
  std::uint32_t count = 0;
  Depth depth = Depth::Full;
  ReadTarget targets[kMaxTargets];
  std::uint32_t worker_count = 0;
  std::int32_t workers[kMaxWorkers] = {};
};

/// Every packet begins with this; pieces follow. An answer is one packet or several.
struct PacketHead {
  std::uint64_t id = 0;
  std::uint32_t last = 0;   ///< nothing follows
  std::uint32_t risky = 0;  ///< what follows may never come, and the verdict does not need it
};

/// One piece of an answer, followed by `length` bytes.
struct Piece {
  std::uint32_t target = 0;
  std::int32_t tid = 0;
  Source source = Source::Gone;
  std::int32_t error = 0;
  std::uint32_t length = 0;
};

}  // namespace hangrate::proc_wire
