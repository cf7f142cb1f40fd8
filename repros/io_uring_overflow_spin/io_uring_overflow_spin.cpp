// SPDX-License-Identifier: GPL-2.0-or-later
//
// io_uring_overflow_spin: who waits for completions on a ring that is full spins in the kernel, and
// cannot be killed. No hang but an anomaly. From "io_uring: don't check overflow flush failures"
// (v6.2) until "io_uring/wait: don't spin on a stuck overflow list" (6.12.115).
//
//   waiter: io_uring_enter(min_complete=4)       application, another task
//     sleeps until tail is its head + 4
//                                                3 complete; it writes an old head, one less
//                                                1 more completes: 4 of 4 are used, it overflows
//     io_cqring_wait(), for ever:
//       io_cqring_wait_schedule(): an overflow is flagged: does not sleep, nor look at signals
//       io_cqring_do_overflow_flush(): the ring is full: returns at once
//       io_should_wake(): tail is not there yet
//
// (v6.12 io_uring/io_uring.c.) Only more room ends it: the application reaps. A ring that is full
// and has less than what is waited for comes of a head that went back: of two reapers that are not
// synchronised the slower one writes an old value. The fix returns to the application.
#include <linux/io_uring.h>

#include "../kit/spin.h"

namespace {

constexpr unsigned kEntries = 4;
struct {
  hang_fd fd;
  char* memory;  // both rings, since v5.4 in one
  io_uring_sqe* sqes;
  io_uring_params params;
} ring;
struct Told {
  std::atomic<int> entered, returned;
};
Told* told;
hang_child waiter;

// ---- The ring, without liburing. These calls have these numbers on every machine but alpha. ----

long enter(unsigned submit, unsigned complete, unsigned flags) {
  const int fd = ring.fd;
  const long done = syscall(426 /* io_uring_enter */, fd, submit, complete, flags, nullptr, 0);
  return done < 0 ? -errno : done;
}
uint32_t* word(unsigned offset) {
  return reinterpret_cast<uint32_t*>(ring.memory + offset);
}
uint32_t tail() {
  return __atomic_load_n(word(ring.params.cq_off.tail), __ATOMIC_ACQUIRE);
}
void set_head(uint32_t value) {
  __atomic_store_n(word(ring.params.cq_off.head), value, __ATOMIC_RELEASE);
}
bool overflown() {
  const uint32_t flags = __atomic_load_n(word(ring.params.sq_off.flags), __ATOMIC_ACQUIRE);
  return (flags & IORING_SQ_CQ_OVERFLOW) != 0 &&
         tail() - *word(ring.params.cq_off.head) == kEntries;
}
void* map(size_t bytes, off_t what) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd, what);
  hang_must(memory == MAP_FAILED ? -1 : 0, "mmap of a ring");
  return memory;
}
void open_ring() {
  ring.params.flags = IORING_SETUP_CQSIZE;
  ring.params.cq_entries = kEntries;
  const long made = syscall(425 /* io_uring_setup */, kEntries, &ring.params);
  if (made < 0) hang_skip("io_uring_setup: %s: needs v5.5, io_uring_disabled=0", strerror(errno));
  ring.fd.reset(static_cast<int>(made));
  const unsigned cqes = ring.params.cq_off.cqes + kEntries * unsigned{sizeof(io_uring_cqe)};
  const unsigned array = ring.params.sq_off.array + kEntries * unsigned{sizeof(uint32_t)};
  ring.memory = static_cast<char*>(map(cqes > array ? cqes : array, IORING_OFF_SQ_RING));
  ring.sqes = static_cast<io_uring_sqe*>(map(kEntries * sizeof(io_uring_sqe), IORING_OFF_SQES));
}
/// Submits `count` NOPs, each of which completes at once.
void post(unsigned count) {
  uint32_t* end = word(ring.params.sq_off.tail);
  for (unsigned i = 0; i < count; ++i) {
    const uint32_t slot = (*end + i) % kEntries;
    memset(&ring.sqes[slot], 0, sizeof *ring.sqes);  // IORING_OP_NOP is 0
    word(ring.params.sq_off.array)[slot] = slot;
  }
  __atomic_store_n(end, *end + count, __ATOMIC_RELEASE);
  if (enter(count, 0, 0) != count) hang_fail("io_uring_enter: a NOP was not submitted");
}
void make_room() {
  set_head(tail());
}
/// What overflew comes into the ring, and who waits for it returns.
void reap() {
  make_room();
  enter(0, 0, IORING_ENTER_GETEVENTS);
  make_room();
}

// ---- The trial. ----

void wait_for_all() {
  told->entered = 1;
  enter(0, kEntries, IORING_ENTER_GETEVENTS);
  told->returned = 1;
}
void setup() {
  hang_spin_place();
  open_ring();
  told = static_cast<Told*>(hang_share(sizeof *told));
  hang_spin_guard(make_room, -1);
}
int trial() {
  told->entered = told->returned = 0;
  // The kernel takes free slots up to the end of the array at once: the fourth is to be the next.
  for (reap(); tail() % kEntries != 1; reap()) post(1);
  const uint32_t head = tail();
  hang_phase("wait for 4 completions");
  hang_child_start(&waiter, 0, wait_for_all);
  const bool asleep =
      hang_until([] { return told->entered != 0 && hang_state_of(waiter.pid) == 'S'; });
  hang_phase("3 completions, and 1 more");
  if (asleep) post(kEntries - 1);
  if (asleep && !hang_is("right-head")) set_head(head - 1);
  if (asleep && !hang_is("no-overflow")) post(1);
  const bool full = asleep && overflown();
  const auto over = [] { return told->returned != 0; };
  const auto turns = &hang_times::preempted;
  const hang_spin end = asleep ? hang_watch_spin(waiter.pid, turns, over) : HANG_SPIN_UNCLEAR;
  const bool spins = end == HANG_SPIN_PROVEN && full && overflown();
  const hang_spin killed = spins ? hang_kill_spinner(&waiter, turns) : HANG_SPIN_UNCLEAR;
  hang_phase("clean up");
  reap();
  hang_child_kill(&waiter);
  if (!hang_child_ends(&waiter, 10)) hang_fail("left behind: the waiter does not return");
  const hang_spin healthy = hang_is("no-overflow") ? HANG_SPIN_SLEEPS : HANG_SPIN_OVER;
  if (asleep && full == hang_is("stale-head") && end == healthy) return HANG_CLEAN;
  hang_note(
      "one io_uring_enter() took %d ms of CPU time in the kernel, none outside, was preempted %d "
      "times and did not return: an overflow was flagged and the ring full; %s; reaping ended it",
      HANG_SPIN_TICKS * 10, HANG_SPIN_TICKS, hang_kill_words(killed));
  if (!spins) hang_note("the waiter did not sleep first, or sleeps on, or nothing is proven");
  return killed == HANG_SPIN_PROVEN ? HANG_ANOMALY : HANG_INCONCLUSIVE;
}

}  // namespace

HANG_VARIANT(stale_head, "stale-head", setup, trial)
HANG_VARIANT(right_head, "right-head", setup, trial)
HANG_VARIANT(no_overflow, "no-overflow", setup, trial)

int main(int argc, char** argv) {
  return hang_main(argc, argv);
}
