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
#include "../kit/guard.h"
#include "../kit/spin.h"
#include "../kit/uring.h"

namespace {

constexpr unsigned kEntries = 4;
hang_uring ring;
struct Told {
  std::atomic<int> entered, returned;
};
Told* told;
hang_child waiter;

// ---- The ring. ----

void set_head(uint32_t value) {
  __atomic_store_n(hang_uring_word(ring, ring.params.cq_off.head), value, __ATOMIC_RELEASE);
}
bool overflown() {
  const uint32_t* flags = hang_uring_word(ring, ring.params.sq_off.flags);
  return (__atomic_load_n(flags, __ATOMIC_ACQUIRE) & IORING_SQ_CQ_OVERFLOW) != 0 &&
         hang_uring_completions(ring) == kEntries;
}
void post(unsigned count) {
  if (hang_uring_post(ring, count) != count) hang_fail("io_uring_enter: a NOP was not submitted");
}
void make_room() {
  set_head(hang_uring_tail(ring));
}
/// What overflew comes into the ring, and who waits for it returns.
void reap() {
  make_room();
  hang_uring_enter(ring, 0, 0, IORING_ENTER_GETEVENTS);
  make_room();
}

// ---- The trial. ----

void wait_for_all() {
  told->entered = 1;
  hang_uring_enter(ring, 0, kEntries, IORING_ENTER_GETEVENTS);
  told->returned = 1;
}
void setup() {
  hang_spin_place();
  hang_uring_open(&ring, kEntries, kEntries);
  told = static_cast<Told*>(hang_share(sizeof *told));
  hang_guard("spin-guard", -1, make_room);
}
int trial() {
  told->entered = told->returned = 0;
  // The kernel takes free slots up to the end of the array at once: the fourth is to be the next.
  for (reap(); hang_uring_tail(ring) % kEntries != 1; reap()) post(1);
  const uint32_t head = hang_uring_tail(ring);
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
