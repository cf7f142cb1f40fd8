// SPDX-License-Identifier: GPL-2.0-or-later
//
// The arithmetic of a filling pipe: how many bytes a pipe holds when its writer blocks. Not its
// capacity: a pipe is full when its *slots* are, and a slot may hold a single byte.
// Rule of pipe_write() (v6.1 fs/pipe.c, anon_pipe_write() since v6.15 262b2fa99cbe; since v5.5):
// the odd part of a write, size % page, goes behind the last buffer if it fits there as a whole;
// everything else starts a new slot. Buffers of an O_DIRECT pipe are packets and are never joined.
#pragma once

#include <cstddef>

namespace hangrate::pipe_full_child {

struct PipeShape {
  std::size_t slots = 16;
  std::size_t page = 4096;
  bool packets = false;  ///< pipe2(O_DIRECT)
};

/// Bytes queued in an empty pipe of this shape when a writer of `size` bytes a call first blocks.
std::size_t bytes_before_block(const PipeShape& shape, std::size_t size);

}  // namespace hangrate::pipe_full_child
