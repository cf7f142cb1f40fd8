// SPDX-License-Identifier: GPL-2.0-or-later
//
// hang_uring: an io_uring without liburing, of which the application's side is in sight. Its calls
// have these numbers on every machine but alpha.
#pragma once

#include <linux/io_uring.h>

#include "hang.h"

struct hang_uring {
  hang_fd fd;
  char* memory = nullptr;  // both rings, since v5.4 in one
  size_t bytes = 0;
  io_uring_sqe* sqes = nullptr;
  size_t sqe_bytes = 0;
  io_uring_params params;
};

inline uint32_t* hang_uring_word(const hang_uring& ring, unsigned offset) {
  return reinterpret_cast<uint32_t*>(ring.memory + offset);
}
/// As far as the kernel has come in the completion queue.
inline uint32_t hang_uring_tail(const hang_uring& ring) {
  return __atomic_load_n(hang_uring_word(ring, ring.params.cq_off.tail), __ATOMIC_ACQUIRE);
}
/// Completions that nobody has taken.
inline unsigned hang_uring_completions(const hang_uring& ring) {
  return hang_uring_tail(ring) - *hang_uring_word(ring, ring.params.cq_off.head);
}
inline void* hang_uring_map(const hang_uring& ring, size_t bytes, off_t what) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd, what);
  hang_must(memory == MAP_FAILED ? -1 : 0, "mmap of a ring");
  return memory;
}
/// With room for `entries` submissions, and for `completions` (v5.5; 0: as many as the kernel
/// likes). Skips where there is none.
inline void hang_uring_open(hang_uring* ring, unsigned entries, unsigned completions) {
  memset(&ring->params, 0, sizeof ring->params);
  if (completions != 0) ring->params.flags = IORING_SETUP_CQSIZE;
  ring->params.cq_entries = completions;
  const long made = syscall(425 /* io_uring_setup */, entries, &ring->params);
  if (made < 0)
    hang_skip("io_uring_setup: %s: needs %s, and kernel.io_uring_disabled=0", strerror(errno),
              completions != 0 ? "v5.5" : "v5.4");
  ring->fd.reset(static_cast<int>(made));
  if ((ring->params.features & IORING_FEAT_SINGLE_MMAP) == 0) hang_skip("needs v5.4");
  const size_t cqes = ring->params.cq_off.cqes + ring->params.cq_entries * sizeof(io_uring_cqe);
  const size_t array = ring->params.sq_off.array + ring->params.sq_entries * sizeof(uint32_t);
  ring->bytes = cqes > array ? cqes : array;
  ring->sqe_bytes = ring->params.sq_entries * sizeof(io_uring_sqe);
  ring->memory = static_cast<char*>(hang_uring_map(*ring, ring->bytes, IORING_OFF_SQ_RING));
  ring->sqes = static_cast<io_uring_sqe*>(hang_uring_map(*ring, ring->sqe_bytes, IORING_OFF_SQES));
}
inline void hang_uring_close(hang_uring* ring) {
  munmap(ring->memory, ring->bytes);
  munmap(ring->sqes, ring->sqe_bytes);
  ring->fd.reset();
}
/// io_uring_enter(2): submits, and with IORING_ENTER_GETEVENTS waits for so many completions.
/// Negative: -errno.
inline long hang_uring_enter(const hang_uring& ring, unsigned submit, unsigned complete,
                             unsigned flags) {
  const int fd = ring.fd;
  const long done = syscall(426 /* io_uring_enter */, fd, submit, complete, flags, nullptr, 0);
  return done < 0 ? -errno : done;
}
/// Submits `count` NOPs, each of which completes at once. As hang_uring_enter().
inline long hang_uring_post(const hang_uring& ring, unsigned count) {
  uint32_t* tail = hang_uring_word(ring, ring.params.sq_off.tail);
  for (unsigned i = 0; i < count; ++i) {
    const uint32_t slot = (*tail + i) % ring.params.sq_entries;
    memset(&ring.sqes[slot], 0, sizeof *ring.sqes);  // IORING_OP_NOP is 0
    hang_uring_word(ring, ring.params.sq_off.array)[slot] = slot;
  }
  __atomic_store_n(tail, *tail + count, __ATOMIC_RELEASE);
  return hang_uring_enter(ring, count, 0, 0);
}
