// SPDX-License-Identifier: GPL-2.0-or-later
//
// Wait: what a sleeping task waits for, read from its system call, its place in the kernel and the
// descriptors of its process. It ends as soon as one of its needs is met (an OR).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/model/snapshot.h"
#include "harness/waits/poll_set.h"

namespace hangrate {

enum class NeedKind {
  Input,       ///< of `descriptor`: data, a connection's end
  Output,      ///< room in it
  PipeLock,    ///< the mutex of a pipe
  Children,    ///< one that changes its state; `who` as waitid(2) takes it
  Vfork,       ///< the child that borrows its memory, to exec or exit
  Threads,     ///< execve: the other threads, to exit
  ExecLock,    ///< ptrace(PTRACE_ATTACH): the exec of `who`, to end
  Namespace,   ///< the members of its pid namespace, to be reaped
  FuseReply,   ///< of any server
  FileLock,    ///< a flock(2) or an open file description lock
  Futex,       ///< who has its memory, to wake it
  FutexOwner,  ///< `who`, the owner of a futex that inherits priority, to unlock it
  Interest,    ///< who else holds the epoll, and may add to it
};

struct Need {
  NeedKind kind = NeedKind::Input;
  Descriptor descriptor;     ///< Input, Output, PipeLock, FileLock
  std::uint32_t events = 0;  ///< Input, Output: the poll(2) events that end it,
  std::uint32_t unasked = kPollError | kPollHangUp;  ///< and those that do without being asked for
  bool any_end = false;                              ///< of a pipe: it is held by both ends
  int who =
      0;  ///< Children: 0 any, > 0 this process; ExecLock: the process; FutexOwner: the thread
  bool repeats = true;  ///< Input, Output: false if what is ready now may have been told before
  bool simple = true;   ///< Input, Output: poll(2) says whether the call would return
};

struct Wait {
  enum class Kind {
    Closed,   ///< ends by its needs alone
    Open,     ///< anybody may end it, or time
    Unknown,  ///< not known what ends it
  };
  Kind kind = Kind::Unknown;
  std::string why;  ///< Open, Unknown: in words
  std::vector<Need> needs;
};

/// Could its call, with what is known of it without more reading, be the wait of a hang?
bool may_be_closed(const TaskSample& task);

/// `futex`: nullptr: not known. `process` may be nullptr: not read.
Wait wait_of(const SeenTask& task, const SeenProcess* process, const std::string& memory,
             const FutexMemory* futex = nullptr);

/// Of a task of `seen`, with all that is known of it there.
Wait wait_in(const Snapshot& seen, const SeenTask& task);

}  // namespace hangrate
