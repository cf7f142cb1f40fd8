// SPDX-License-Identifier: GPL-2.0-or-later
//
// Ledger: what the processes of one family tell the worker, in memory they share. Shared memory and
// not a pipe, because a family that tells its state through a pipe may block on that one too.
#pragma once

#include <atomic>
#include <cstdint>

namespace hangrate::pipe_full_child {

enum class ParentStep : std::uint32_t {
  Starting,
  Draining,  ///< reads until end of file
  Waiting,   ///< makes one system call from here on: waitid for the child
  Writing,   ///< makes one system call from here on: write to the pipe
};

/// Written by P and C only, read by W.
struct Ledger {
  std::atomic<std::int32_t> child{0};  ///< pid of C; 0: not forked yet
  std::atomic<ParentStep> step{ParentStep::Starting};
  std::atomic<std::uint64_t> written{0};  ///< bytes write(2) took so far
  std::atomic<std::uint64_t> read{0};     ///< bytes P has read
  std::atomic<std::int32_t> trouble{0};   ///< errno of a call that has no reason to fail
};
static_assert(std::atomic<ParentStep>::is_always_lock_free);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

}  // namespace hangrate::pipe_full_child
