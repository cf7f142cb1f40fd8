// SPDX-License-Identifier: GPL-2.0-or-later
//
// Snapshot: tasks of a machine and the objects they wait for, as /proc showed them in one look.
// Plain values: who waits for whom (harness/waits) is worked out from them, on any machine.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "harness/model/evidence.h"

namespace hangrate {

/// A task with what decides whether its sleep can end.
struct SeenTask {
  TaskSample sample;
  int parent = 0;
  std::uint64_t blocked = 0;  ///< SigBlk
  std::uint64_t caught = 0;   ///< SigCgt
  std::vector<int> numbers;   ///< NSpid: its ids, in the outermost pid namespace first
  bool operator==(const SeenTask&) const = default;
};

enum class ObjectKind {
  Other,  ///< nothing that is waited for as those below are
  Pipe,
  Socket,
  EventFd,
  Epoll,
  FuseDevice,
  Terminal,
};

/// An entry of an epoll's interest list (fs/eventpoll.c ep_show_fdinfo(), v5.10 to v7.2). The
/// number is that of the moment when it was added; file and device tell what it is.
struct Watched {
  int number = -1;
  std::uint32_t events = 0;
  std::uint64_t inode = 0;
  bool operator==(const Watched&) const = default;
};

struct Descriptor {
  int number = -1;
  ObjectKind kind = ObjectKind::Other;
  std::string object;  ///< equal for the same object: "pipe:[77]", "eventfd 5", "/run/x.fifo"
  bool reads = false;
  bool writes = false;
  int connection = 0;              ///< of a FuseDevice; 0: the kernel does not say
  std::vector<Watched> watched;    ///< of an Epoll
  std::vector<std::string> locks;  ///< held through it, as fdinfo says: LockWait::lock
  std::string file;  ///< LockWait::file; of one that a task waits through for the lock of an open
                     ///< file description, where it is known
  bool operator==(const Descriptor&) const = default;
};

/// What a process holds.
struct SeenProcess {
  std::vector<Descriptor> descriptors;
  std::string opaque;       ///< why its table cannot be read; "": it was
  bool hands_over = false;  ///< descriptors are in flight in one of its sockets (SCM_RIGHTS)
  bool registered = false;  ///< io_uring holds files for it that its table does not show
  std::vector<int> shares;  ///< processes with the same memory (CLONE_VM), if it waits for a futex
  bool rings = false;       ///< it has an io_uring, which may do its reads and writes
  bool split = false;       ///< a thread has a table of its own: a number may mean two files
  bool timers = false;      ///< POSIX timers: one may send it a signal
  bool timers_hidden = false;  ///< /proc/PID/timers cannot be read (no CONFIG_CHECKPOINT_RESTORE)
  bool operator==(const SeenProcess&) const = default;
};

/// A line of /proc/locks that waits, and the line it waits for: itself, or behind others that do.
struct LockWait {
  int waiter = 0;    ///< -1: not told, of an open file description
  int owner = 0;     ///< who took it; the lock may have gone to a child since. -1: not told
  std::string kind;  ///< "FLOCK", "POSIX", "OFDLCK"
  std::string file;  ///< "00:1f:1234": device and inode, as the file system itself has them
  std::string
      lock;  ///< what it waits for, as fdinfo writes it: "FLOCK ADVISORY WRITE 7 00:1f:1234 0 EOF"
  bool only_one = true;  ///< no other lock reads so
  bool operator==(const LockWait&) const = default;
};

/// What the word of a futex lies in, by /proc/PID/maps (kernel/futex get_futex_key(), v5.10 to
/// v7.2).
struct FutexMemory {
  bool shared = false;       ///< a file or memory that others may map; else of its process alone
  std::string object;        ///< of what is shared: a name as Descriptor::object has it
  std::vector<int> mappers;  ///< processes that map it
  bool operator==(const FutexMemory&) const = default;
};

struct Snapshot {
  Nanos when = 0;
  std::map<int, SeenTask> tasks;                 ///< by tid
  std::map<int, SeenProcess> processes;          ///< by pid; those that were read
  std::map<std::uint64_t, std::uint64_t> peers;  ///< of connected sockets, by inode
  std::vector<LockWait> locks;
  std::map<int, int> fuse_waiting;              ///< requests without an answer, by connection
  std::map<int, std::uint64_t> fuse_instances;  ///< inode of the folder of each in fusectl
  std::map<int, std::string> memory;            ///< by tid: what its poll set or futex word holds
  std::map<int, FutexMemory> futexes;           ///< by tid; where it is known
  std::map<std::string, double> births;         ///< of objects, s since boot; where known
  std::vector<Absence> absent;
};

}  // namespace hangrate
