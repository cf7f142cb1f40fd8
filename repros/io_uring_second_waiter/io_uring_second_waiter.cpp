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

#include "../kit/hang.h"

namespace {

constexpr unsigned kEntries = 16;

struct {
  hang_fd fd;
  char* memory;  // both rings, since v5.4 in one
  size_t bytes;
  io_uring_sqe* sqes;
  io_uring_params params;
} ring;
hang_task *first, *second;
unsigned first_wants, second_wants;

// ---- The ring, without liburing. These calls have these numbers on every machine but alpha. ----

long enter(unsigned submit, unsigned complete) {
  const int fd = ring.fd, flags = complete != 0 ? IORING_ENTER_GETEVENTS : 0;
  const long done = syscall(426 /* io_uring_enter */, fd, submit, complete, flags, nullptr, 0);
  return done < 0 ? -errno : done;
}
uint32_t* word(unsigned offset) {
  return reinterpret_cast<uint32_t*>(ring.memory + offset);
}
unsigned completions() {  // that nobody has taken
  const uint32_t tail = __atomic_load_n(word(ring.params.cq_off.tail), __ATOMIC_ACQUIRE);
  return tail - *word(ring.params.cq_off.head);
}
void* map(size_t bytes, off_t what) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd, what);
  hang_must(memory == MAP_FAILED ? -1 : 0, "mmap of a ring");
  return memory;
}
void open_ring() {
  memset(&ring.params, 0, sizeof ring.params);
  const long made = syscall(425 /* io_uring_setup */, kEntries, &ring.params);
  if (made < 0)
    hang_skip("io_uring_setup: %s: needs v5.4, and kernel.io_uring_disabled=0", strerror(errno));
  ring.fd.reset(static_cast<int>(made));
  if ((ring.params.features & IORING_FEAT_SINGLE_MMAP) == 0) hang_skip("needs v5.4");
  const auto& at = ring.params.cq_off;
  ring.bytes = at.cqes + ring.params.cq_entries * sizeof(io_uring_cqe);
  ring.memory = static_cast<char*>(map(ring.bytes, IORING_OFF_SQ_RING));
  ring.sqes = static_cast<io_uring_sqe*>(map(kEntries * sizeof(io_uring_sqe), IORING_OFF_SQES));
}
void close_ring() {
  munmap(ring.memory, ring.bytes);
  munmap(ring.sqes, kEntries * sizeof(io_uring_sqe));
  ring.fd.reset();
}
/// Submits `count` NOPs, each of which completes at once.
long post(unsigned count) {
  uint32_t* tail = word(ring.params.sq_off.tail);
  for (unsigned i = 0; i < count; ++i) {
    const uint32_t slot = (*tail + i) % kEntries;
    memset(&ring.sqes[slot], 0, sizeof *ring.sqes);  // IORING_OP_NOP is 0
    word(ring.params.sq_off.array)[slot] = slot;
  }
  __atomic_store_n(tail, *tail + count, __ATOMIC_RELEASE);
  return enter(count, 0);
}

// ---- The wait. ----

long wait_for(hang_task* task) {
  return enter(0, static_cast<unsigned>(task->argument[0]));
}
int over() {
  return hang_task_over(second);
}
void nap(int64_t ns) {
  hang_task_wait(second, ns);
}
/// Who waits for as many completions as there are does not sleep.
void look() {
  const unsigned there = completions();
  hang_victim("second", second->pid, hang_task_tid(second), -1, 0);
  hang_partner("first", first->pid, hang_task_tid(first));
  hang_invariant(there >= second_wants && hang_task_asleep(second) ? HANG_BROKEN : HANG_HOLDS,
                 "%u completions are in the ring; the second waiter wants %u, the first %u", there,
                 second_wants, first_wants);
}
/// Enough for both.
int post_more() {
  return post(8) == 8;
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
  open_ring();
  hang_phase("two waiters");
  const bool both = hang_is("turned") ? sleeps(second, second_wants) && sleeps(first, first_wants)
                                      : sleeps(first, first_wants) && sleeps(second, second_wants);
  hang_phase("one completion");
  if (both && post(1) != 1) hang_fail("io_uring_enter: a NOP was not submitted");
  if (both) hang_await(&wait);
  hang_phase("clean up");
  // Both see these: whoever comes to wait later finds them in the ring.
  if (post(8) != 8 || !hang_until([] { return over() && hang_task_over(first); }, 10))
    hang_fail("left behind: a waiter does not wake");
  close_ring();
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
