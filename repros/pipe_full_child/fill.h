// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fills a fresh pipe without blocking and counts what it took: what a blocking writer gets rid of
// before it sleeps.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hangrate::pipe_full_child {

struct Filled {
  std::uint64_t bytes = 0;   ///< queued when the pipe took no more
  std::uint64_t writes = 0;  ///< write(2) calls that queued something
  int capacity = -1;         ///< F_GETPIPE_SZ
  int failed = 0;            ///< errno of a call that should have worked, 0 = none
};

/// Fills a new pipe with writes of `size` bytes, in packet mode (O_DIRECT) if `packets`.
Filled fill_pipe(std::size_t size, bool packets);

}  // namespace hangrate::pipe_full_child
