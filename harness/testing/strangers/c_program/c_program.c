// SPDX-License-Identifier: GPL-2.0-or-later
//
// c_program: two tasks, each fills a pipe that the other should drain, and both read only when they
// have written. With one byte more than a pipe holds both sleep in write(2) for ever: no kernel
// bug.
#include "hang.h"

static struct hang_task *left, *right;
static int to_right[2], to_left[2];

static long fill(struct hang_task* task) {
  static char bytes[65537]; /* a pipe holds 65536 of them */
  const int end = task == left ? to_right[1] : to_left[1];
  return write(end, bytes, sizeof bytes - hang_is("fits")) < 0 ? -errno : 0;
}

static int over(void) {
  return hang_task_over(left) && hang_task_over(right);
}

static void look(void) {
  const int stuck = !hang_task_over(left) && !hang_task_over(right);
  hang_victim("left", left->pid, hang_task_tid(left), -1, 0);
  hang_victim("right", right->pid, hang_task_tid(right), -1, 0);
  hang_invariant(stuck ? HANG_BROKEN : HANG_HOLDS,
                 stuck ? "each waits for the other to read" : "one of them can read");
}

static int drain(void) {
  char page[4096];
  return read(to_right[0], page, sizeof page) > 0 && read(to_left[0], page, sizeof page) > 0;
}

static void setup(void) {
  left = hang_task_start(HANG_THREAD, -1, SCHED_OTHER);
  right = hang_task_start(HANG_THREAD, -1, SCHED_OTHER);
}

static int trial(void) {
  static const struct hang_wait wait = {over, NULL, look, drain};
  hang_must(pipe2(to_right, O_CLOEXEC), "pipe2");
  hang_must(pipe2(to_left, O_CLOEXEC), "pipe2");
  hang_phase("both write");
  hang_task_post(left, fill, NULL, 0);
  hang_task_post(right, fill, NULL, 0);
  hang_await(&wait);
  for (int end = 0; end < 2; ++end) hang_must(close(to_right[end]) | close(to_left[end]), "close");
  return HANG_CLEAN;
}

HANG_VARIANT(both_write, "both-write", setup, trial)
HANG_VARIANT(fits, "fits", setup, trial)

int main(int argc, char** argv) {
  return hang_main(argc, argv);
}
