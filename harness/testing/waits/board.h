// SPDX-License-Identifier: GPL-2.0-or-later
//
// The page of memory that a controller shares with the tasks of its case.
#pragma once

#include <atomic>

namespace hangrate::waits {

struct Seat {
  std::atomic<int> said;  ///< its task has come to the call
  int pid, tid;           ///< as /proc names them
  std::atomic<long> call;
};

struct Board {
  std::atomic<int> started, seats, played;
  Seat seat[48];
  std::atomic<int> messages, semaphores, connection;  ///< 0: none; an IPC id plus one
  char folder[64];
  std::atomic<int> failed;
  char failure[200];
};
extern Board* board;

/// What two looks at a task must agree in.
struct Look {
  char state = 0;
  long call = -1, switches = 0;
  bool operator==(const Look&) const = default;
};
/// Reads `status` first, which no lock of a task in execve blocks; `syscall` only if it is wanted.
Look look_at(const Seat& seat);
/// Where the task is meant to be.
bool is_at_rest(const Seat& seat, const Look& look);

}  // namespace hangrate::waits
