// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the parent P and its child C do in each story, from fork to _exit. Both run in a forked copy
// of a single-threaded worker: no allocation, no stdio, nothing that returns.
#pragma once

#include <cstddef>
#include <cstdint>

#include "repros/pipe_full_child/ledger.h"

namespace hangrate::pipe_full_child {

enum class Story {
  Deadlock,     ///< P waits for C and does not read
  DrainPoll,    ///< P reads with poll(2) until end of file, then waits
  DrainThread,  ///< a thread of P reads until end of file while P waits
  KeepReadEnd,  ///< C reads nothing and ends; P keeps C's end of the pipe and writes
};

/// Exit codes of P and C.
inline constexpr int kExitGood = 0;
inline constexpr int kExitBytesLost = 1;
inline constexpr int kExitTrouble = 5;

/// All that P and C need to know; copied by fork.
struct Script {
  Story story = Story::Deadlock;
  int worker = 0;  ///< pid of W
  int read_fd = -1;
  int write_fd = -1;
  const char* line = nullptr;
  std::size_t line_bytes = 0;
  std::uint64_t bytes = 0;
  Ledger* ledger = nullptr;
};

/// P, from its first instruction after fork; forks C. Never returns.
[[noreturn]] void run_parent(const Script& script);

}  // namespace hangrate::pipe_full_child
