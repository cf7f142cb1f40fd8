// SPDX-License-Identifier: GPL-2.0-or-later
//
// The same resize under other writers: of odd pieces, out of a file by splice(2), on a named pipe,
// and several at once, of whom the resize wakes one, which must wake the next.
#include <fcntl.h>

#include "stall.h"

/// A consumer has taken 100 bytes (Filespooler's), and the ring is full by slots: two writes of
/// 2049 bytes do not share a page.
static bool fill_partial_page() {
  const long odd = 2049;
  char taken[100];
  stall_write(stall_task, odd * (stall_capacity / stall_page + 1), odd);
  if (!stall_asleep(stall_task)) return false;
  hang_must(read(stall_reader, taken, sizeof taken), "read(100 bytes)");
  // Before v6.14 this read wakes the writer, which finds no free slot and sleeps again.
  return stall_asleep(stall_task);
}
static int partial_trial() {
  return stall_trial(stall_open, fill_partial_page);
}

static hang_fd source;  // longer than any pipe before its resize

static void splice_setup() {
  stall_setup();
  source.reset(
      static_cast<int>(hang_must(memfd_create("hangrate-source", MFD_CLOEXEC), "memfd_create")));
  const long before = hang_number("before", 0);
  long size = 16 * stall_page;  // PIPE_DEF_BUFFERS, include/linux/pipe_fs_i.h
  while (size < before) size *= 2;
  hang_must(ftruncate(source, size + stall_page), "ftruncate(memfd)");
}

static long splice_all(hang_task* task) {
  loff_t offset = 0;
  while (offset < task->argument[2]) {
    const size_t left = static_cast<size_t>(task->argument[2] - offset);
    const ssize_t n = splice(static_cast<int>(task->argument[0]), &offset,
                             static_cast<int>(task->argument[1]), nullptr, left, 0);
    if (n <= 0) return n < 0 ? -errno : 0;
  }
  return 0;
}
static bool fill_by_splice() {
  const int64_t job[] = {source, stall_writer, stall_capacity + stall_page};
  hang_task_post(stall_task, splice_all, job, sizeof job);
  return stall_asleep(stall_task);
}
static int splice_trial() {
  return stall_trial(stall_open, fill_by_splice);
}

/// A FIFO without a name: opened through /proc, so that nothing is left if this worker is killed.
static hang_fd fifo;

static void fifo_setup() {
  stall_setup();
  char folder[160], path[176];
  snprintf(folder, sizeof folder, "/tmp/%s-XXXXXX", hang_mark());
  if (mkdtemp(folder) == nullptr) hang_must(-1, "mkdtemp(/tmp)");
  snprintf(path, sizeof path, "%s/pipe", folder);
  const int made = mkfifo(path, 0600);
  fifo.reset(made == 0 ? open(path, O_PATH | O_CLOEXEC) : -1);
  const int error = errno;
  unlink(path);
  rmdir(folder);
  errno = error;
  hang_must(fifo, "mkfifo");
}
static int open_fifo(int flags) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", static_cast<int>(fifo));
  return static_cast<int>(hang_must(open(path, flags | O_CLOEXEC), "open(fifo)"));
}
static void open_both_ends() {
  // The read end first and non-blocking, so that neither open waits for the other (fifo(7)).
  stall_reader.reset(open_fifo(O_RDONLY | O_NONBLOCK));
  stall_writer.reset(open_fifo(O_WRONLY));
}
static int fifo_trial() {
  return stall_trial(open_both_ends, stall_fill);
}

static hang_task* writers[6];
static int count, begun;  // writers, and those that have begun in this trial

static void multi_setup() {
  int tids[6];
  count = static_cast<int>(hang_number("writers", 4));
  if (count < 2 || count > 6) hang_skip("writers=%d: 2 to 6", count);
  for (int i = 0; i < count; ++i) {
    writers[i] = stall_start_writer();
    tids[i] = hang_task_tid(writers[i]);
  }
  hang_aimable(tids, count);
}
static bool fill_by_all() {
  bool asleep = true;
  for (begun = 0; begun < count && asleep; ++begun) {
    const long bytes = begun == 0 ? stall_capacity + stall_page : stall_page;
    stall_write(writers[begun], bytes, bytes);
    asleep = stall_asleep(writers[begun]);
  }
  return asleep;
}
static hang_task* first_waiting() {
  for (int i = 0; i < begun; ++i) {
    if (!hang_task_over(writers[i])) return writers[i];
  }
  return nullptr;
}
static int all_over() {
  return first_waiting() == nullptr;
}
static void nap_with_first(int64_t ns) {
  if (hang_task* task = first_waiting()) hang_task_wait(task, ns);
}
static void look_at_all() {
  for (int i = 0; i < begun; ++i) {
    if (!hang_task_over(writers[i])) stall_victim(writers[i]);
  }
  stall_invariant(all_over());
}
static void resize_for_all() {
  stall_resize(stall_capacity + count * stall_page);
}
static int multi_trial() {
  static const hang_wait wait = {all_over, nap_with_first, look_at_all, stall_resize_again};
  if (!stall_begin(stall_open, fill_by_all)) return HANG_INCONCLUSIVE;
  hang_fire(resize_for_all, stall_writer);
  hang_await(&wait);
  long worst = 0;
  for (int i = 0; i < count; ++i) {
    if (hang_task_result(writers[i]) < worst) worst = hang_task_result(writers[i]);
  }
  return stall_end(worst);
}

HANG_VARIANT(partial, "partial-page", stall_setup, partial_trial)
HANG_VARIANT(splice, "splice-writer", splice_setup, splice_trial)
HANG_VARIANT(fifo, "fifo", fifo_setup, fifo_trial)
HANG_VARIANT(multi, "multi-writer", multi_setup, multi_trial)
