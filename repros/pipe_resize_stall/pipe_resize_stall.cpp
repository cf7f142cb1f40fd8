// SPDX-License-Identifier: GPL-2.0-or-later
//
// pipe_resize_stall: CVE-2023-52672, v5.8 until e95aada4cb93 (v6.8-rc1 and stable).
//
//   resizer, holds pipe->mutex                  writer, asleep in pipe_write() without the mutex
//   pipe_resize_ring():
//     installs the larger ring
//     wake_up_interruptible(&pipe->wr_wait) --> wakes, pipe_writable(): head - tail >= max_usage,
//                                               still the old one: full, sleeps again (exclusive)
//   pipe_set_size(): pipe->max_usage = new      nobody wakes it any more: later readers compute
//                                               was_full from the new max_usage, see no reason to
//
// (fs/pipe.c, v6.1.) A trial fills a pipe until the writer is proven asleep by /proc, resizes, and
// expects the writer to return. The writer is another task; this one, the resizer, stays free.
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>

#include "../kit/hang.h"

// Names that begin with stall_ are used by the other variants too.
hang_fd stall_reader, stall_writer;  // the ends of the pipe
hang_task* stall_task;               // the writer
long stall_capacity;                 // of the pipe before the resize, bytes
long stall_page = sysconf(_SC_PAGESIZE);

/// What the writer does: zeros, some bytes a call.
static long write_zeros(hang_task* task) {
  static const void* const zeros =
      mmap(nullptr, 64 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  const int64_t bytes = task->argument[1], chunk = task->argument[2];
  for (int64_t done = 0; done < bytes;) {
    const int64_t left = bytes - done < chunk ? bytes - done : chunk;
    const ssize_t n = write(static_cast<int>(task->argument[0]), zeros, static_cast<size_t>(left));
    if (n < 0) return -errno;
    done += n;
  }
  return 0;
}
void stall_write(hang_task* writer, long bytes, long chunk) {
  const int64_t job[] = {stall_writer, bytes, chunk};
  hang_task_post(writer, write_zeros, job, sizeof job);
}
bool stall_asleep(hang_task* writer) {  // within 5 s
  return hang_until([=] { return hang_task_asleep(writer); });
}
/// Fills the pipe and wants to write one page more: no reader is needed after the resize.
bool stall_fill() {
  stall_write(stall_task, stall_capacity + stall_page, stall_capacity + stall_page);
  return stall_asleep(stall_task);
}
void stall_open() {
  int ends[2];
  hang_must(pipe2(ends, O_CLOEXEC), "pipe2");
  stall_reader.reset(ends[0]);
  stall_writer.reset(ends[1]);
}
/// Resizer and writer on two CPUs, on one, or free. A widened race places them in each trial.
hang_task* stall_start_writer() {
  const bool placed = !hang_chose("cpu", "free") && strcmp(hang_text("widen", "none"), "none") == 0;
  const unsigned here = hang_chose("cpu", "same") ? hang_lane() : 2 * hang_lane();
  const int there = hang_cpu(hang_chose("cpu", "same") ? here : here + 1);
  if (placed && *hang_place(0, hang_cpu(here), SCHED_OTHER)) hang_must(-1, "sched_setaffinity");
  return hang_task_start(hang_chose("writer", "process") ? HANG_PROCESS : HANG_THREAD,
                         placed ? there : -1, hang_policy(hang_text("policy", "other")));
}
void stall_setup() {
  stall_task = stall_start_writer();
  const int tid = hang_task_tid(stall_task);
  hang_aimable(&tid, 1);
}

/// To `after` bytes, or to twice the size; in any case so many that all `wanted` bytes fit.
void stall_resize(long wanted) {
  const long twice = 2 * stall_capacity > wanted ? 2 * stall_capacity : wanted;
  const long after = hang_number("after", 0), size = after != 0 ? after : twice;
  const long given = fcntl(stall_reader, F_SETPIPE_SZ, size);
  if (given < 0 && errno != EBUSY) {
    hang_skip("F_SETPIPE_SZ %ld: %s: run as root, or raise fs.pipe-max-size", size,
              strerror(errno));
  }
  if (given < wanted) hang_skip("after=%ld: %ld are needed", after, wanted);
}
static void resize() {
  stall_resize(stall_capacity + stall_page);
}

static int over() {
  return hang_task_over(stall_task);
}
static void nap(int64_t ns) {
  hang_task_wait(stall_task, ns);
}
/// No writer sleeps in write(2) while poll(2) says POLLOUT on its descriptor.
void stall_invariant(bool over) {
  pollfd seen{stall_writer, POLLOUT, 0};
  int queued = -1;
  const bool room = poll(&seen, 1, 0) == 1 && (seen.revents & POLLOUT) != 0;
  ioctl(stall_writer, FIONREAD, &queued);
  const bool stall = room && !over;
  hang_invariant(stall ? HANG_BROKEN : HANG_HOLDS, "%s, %d of %d bytes queued%s",
                 room ? "the pipe takes data (POLLOUT)" : "the pipe is full (no POLLOUT)", queued,
                 fcntl(stall_writer, F_GETPIPE_SZ),
                 stall ? ", yet the writer has not returned" : "");
}
void stall_victim(hang_task* task) {
  hang_victim("writer", task->pid, hang_task_tid(task), stall_writer, POLLOUT);
}
static void look() {
  stall_victim(stall_task);
  stall_invariant(over());
}
int stall_resize_again() {
  return fcntl(stall_reader, F_SETPIPE_SZ, fcntl(stall_reader, F_GETPIPE_SZ)) >= 0;
}

/// A trial up to the writer's sleep. False: it does not fall asleep.
bool stall_begin(void (*open)(), bool (*fill)()) {
  hang_aim();
  hang_phase("open");
  open();
  const long before = hang_number("before", 0);
  if (before != 0) hang_must(fcntl(stall_reader, F_SETPIPE_SZ, before), "F_SETPIPE_SZ (before)");
  stall_capacity = hang_must(fcntl(stall_reader, F_GETPIPE_SZ), "F_GETPIPE_SZ");
  hang_phase("fill until the writer sleeps");
  const bool asleep = fill();
  if (!asleep) hang_note("the writer did not fall asleep on the full pipe within 5 s");
  hang_phase("resize");
  return asleep;
}
int stall_end(long result) {
  stall_writer.reset();
  stall_reader.reset();
  if (result < 0) hang_note("write failed: %s", strerror(static_cast<int>(-result)));
  return result < 0 ? HANG_ANOMALY : HANG_CLEAN;
}
int stall_trial(void (*open)(), bool (*fill)()) {
  static const hang_wait wait = {over, nap, look, stall_resize_again};
  if (!stall_begin(open, fill)) return HANG_INCONCLUSIVE;
  hang_fire(resize, stall_writer);
  hang_await(&wait);
  return stall_end(hang_task_result(stall_task));
}
static int trial() {
  return stall_trial(stall_open, stall_fill);
}
HANG_VARIANT(blocked, "blocked-writer", stall_setup, trial)
int main(int argc, char** argv) {
  return hang_main(argc, argv);
}
