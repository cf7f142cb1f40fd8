// SPDX-License-Identifier: GPL-2.0-or-later
//
// The cure, two pages; the original report, two threads that share two tokens; and two writers at
// the end of the page at once, which both sleep without any race.
#include <poll.h>

#include "slot.h"

static int two_slots_trial() {
  return slot_swap(2);
}

static hang_task* threads[2];

/// Takes a token and gives it back, argument[0] times; or gives one, if that is 0. task->step is
/// even while it writes.
static long share(hang_task* task) {
  char token = 'w';
  const int64_t rounds = task->argument[0];
  for (int64_t round = 0; round < rounds || round == 0; ++round) {
    if (rounds != 0) {
      hang_put(&task->step, static_cast<uint32_t>(2 * round + 1));
      const ssize_t got = read(slot_reader, &token, 1);
      if (got != 1) return got == 0 ? -EPIPE : -errno;
    }
    hang_put(&task->step, static_cast<uint32_t>(2 * round + 2));
    if (write(slot_writer, &token, 1) != 1) return -errno;
  }
  return 0;
}
static bool asleep_in_write(hang_task* task) {
  const uint32_t step = hang_get(&task->step);
  return step != 0 && step % 2 == 0 && hang_task_asleep(task) && hang_get(&task->step) == step;
}

static int over() {
  return hang_task_over(threads[0]) && hang_task_over(threads[1]);
}
static void nap(int64_t ns) {
  hang_task_wait(hang_task_over(threads[0]) ? threads[1] : threads[0], ns);
}
/// Looks at both, and says how many sleep in write.
static uint32_t state_invariant() {
  // Who has returned does nothing any more, so that comes first. Who sleeps may be woken by the
  // other until that one sleeps too, so the first is looked at again.
  const bool over0 = hang_task_over(threads[0]), over1 = hang_task_over(threads[1]);
  bool sleeps0 = !over0 && asleep_in_write(threads[0]);
  const bool sleeps1 = !over1 && asleep_in_write(threads[1]);
  sleeps0 = sleeps0 && asleep_in_write(threads[0]);
  const int asleep = sleeps0 + sleeps1;
  return slot_invariant(asleep, !over0 + !over1 - asleep);
}
static void look() {
  for (hang_task* task : threads) {
    if (hang_task_over(task)) {
      hang_partner("partner", task->pid, hang_task_tid(task));
    } else {
      hang_victim("writer", task->pid, hang_task_tid(task), slot_reader, POLLIN);
    }
  }
  state_invariant();
}
static int take_until_over() {
  char token;
  // Each read empties the pipe and wakes one writer, which fills it again.
  const int64_t end = hang_now() + 200000000;  // ns: a woken writer may wait for a CPU
  while (!over() && hang_now() < end) {
    if (!slot_take(&token)) nap(50000);
  }
  return 1;
}

static void setup() {
  for (hang_task*& task : threads) {
    task = hang_task_start(HANG_THREAD, -1, SCHED_OTHER);
  }
}
/// With `tokens` in the pipe; each thread takes and gives `rounds` times, or gives one (0).
static int share_tokens(int tokens, int64_t rounds, const hang_wait* wait) {
  char left[8];
  hang_phase("share tokens");
  for (hang_task* task : threads) hang_task_post(task, share, &rounds, sizeof rounds);
  // The patience of a hang begins when the hang is complete, however long the rounds take.
  hang_until([] { return over() || state_invariant() == HANG_BROKEN; });
  hang_await(wait);
  for (hang_task* task : threads) {
    const int error = static_cast<int>(-hang_task_result(task));
    if (error != 0) return hang_note("the pipe: %s", strerror(error)), HANG_ANOMALY;
  }
  if (hang_parked()) return HANG_CLEAN;  // the lever took tokens
  int found = 0;
  while (found < 8 && slot_take(left + found)) ++found;
  if (found == tokens) return HANG_CLEAN;
  hang_note("%d tokens left of %d", found, tokens);
  return HANG_ANOMALY;
}

static int jobserver_trial() {
  // The victim goes on with its own token when the lever takes the other one.
  static const hang_wait wait = {over, nap, look, slot_take_one};
  hang_phase("open");
  slot_open(1);
  if (!slot_give('a') || !slot_give('b')) hang_fail("two tokens do not fit into the pipe");
  return share_tokens(2, hang_number("rounds", 20000), &wait);
}
static int both_trial() {
  static const hang_wait wait = {over, nap, look, take_until_over};
  hang_phase("open");
  slot_open(1);
  slot_put_at_page_end('e');
  return share_tokens(3, 0, &wait);
}

HANG_VARIANT(jobserver, "jobserver", setup, jobserver_trial)
HANG_VARIANT(both, "both", setup, both_trial)
HANG_VARIANT(two_slots, "two-slots", slot_setup_swap, two_slots_trial)
