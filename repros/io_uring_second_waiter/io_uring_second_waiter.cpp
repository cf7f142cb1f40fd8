// SPDX-License-Identifier: GPL-2.0-or-later
//
// io_uring_second_waiter: of two tasks that wait on one ring, the one whose completion is there
// sleeps on, because the other, who waits for more, came first. Until "io_uring/wait: look at all
// CQ waiters on wake up" (6.12.115, 6.1.191).
//
//   first: io_uring_enter(min_complete=8)    second: io_uring_enter(min_complete=1)
//     io_cqring_wait(): sleeps                 io_cqring_wait(): sleeps, behind the first
//
//   a completion is posted: io_cqring_wake() walks the wait queue, one call for each:
//     io_wake_function(first):  1 < 8, not enough for it: returns -1
//     __wake_up_common():       a negative value ends the walk: the second is never asked
//
// (v6.1 io_uring/io_uring.c, kernel/sched/wait.c.) The completion lies in the ring for all to see,
// and an io_uring_enter() that is made now returns at once. No race: the order of the calls
// decides. Enough completions for the first, or a signal to the second, end it.
#include <linux/io_uring.h>
#include <sys/mman.h>

#include "../kit/uring.h"

namespace {

constexpr unsigned kEntries = 16;

hang_uring ring;
hang_task *first, *second;
unsigned first_wants, second_wants;

// ---- The wait. ----

long wait_for(hang_task* task) {
  return hang_uring_enter(ring, 0, static_cast<unsigned>(task->argument[0]),
                          IORING_ENTER_GETEVENTS);
}
int over() {
  return hang_task_over(second);
}
void nap(int64_t ns) {
  hang_task_wait(second, ns);
}
/// Who waits for as many completions as there are does not sleep.
void look() {
  const unsigned there = hang_uring_completions(ring);
  hang_victim("second", second->pid, hang_task_tid(second), -1, 0);
  hang_partner("first", first->pid, hang_task_tid(first));
  hang_invariant(there >= second_wants && hang_task_asleep(second) ? HANG_BROKEN : HANG_HOLDS,
                 "%u completions are in the ring; the second waiter wants %u, the first %u", there,
                 second_wants, first_wants);
}
/// Enough for both.
int post_more() {
  return hang_uring_post(ring, 8) == 8;
}

// ---- The trial. ----

void setup() {
  first_wants = hang_is("alike") ? 1 : 8;
  second_wants = hang_is("too-few") ? 2 : 1;
  first = hang_task_start(HANG_THREAD, -1, SCHED_OTHER);
  second = hang_task_start(HANG_THREAD, -1, SCHED_OTHER);
}
bool sleeps(hang_task* task, int64_t wanted) {
  hang_task_post(task, wait_for, &wanted, sizeof wanted);
  return hang_until([task] { return hang_task_asleep(task); });
}
int trial() {
  static const hang_wait wait = {over, nap, look, post_more};
  hang_uring_open(&ring, kEntries, 0);
  hang_phase("two waiters");
  const bool both = hang_is("turned") ? sleeps(second, second_wants) && sleeps(first, first_wants)
                                      : sleeps(first, first_wants) && sleeps(second, second_wants);
  hang_phase("one completion");
  if (both && hang_uring_post(ring, 1) != 1) hang_fail("io_uring_enter: a NOP was not submitted");
  if (both) hang_await(&wait);
  hang_phase("clean up");
  // Both see these: whoever comes to wait later finds them in the ring.
  if (hang_uring_post(ring, 8) != 8 ||
      !hang_until([] { return over() && hang_task_over(first); }, 10))
    hang_fail("left behind: a waiter does not wake");
  hang_uring_close(&ring);
  if (!both) return hang_note("a waiter did not sleep"), HANG_INCONCLUSIVE;
  const long result = hang_task_result(second);
  if (result < 0 && !hang_parked()) hang_fail("io_uring_enter: error %ld", -result);
  return HANG_CLEAN;
}

}  // namespace

HANG_VARIANT(hidden, "hidden", setup, trial)
HANG_VARIANT(turned, "turned", setup, trial)
HANG_VARIANT(alike, "alike", setup, trial)
HANG_VARIANT(too_few, "too-few", setup, trial)

int main(int argc, char** argv) {
  return hang_main(argc, argv);
}
