// SPDX-License-Identifier: GPL-2.0-or-later
//
// The same processes, pipe and amount of data. The cures: P reads while C writes. And one more
// hang, rust-lang/rust #98209: C has ended, but P, which writes to it, holds the read end as well,
// so that it gets neither SIGPIPE nor EPIPE; it does once it has closed that end.
#include <poll.h>
#include <sys/ioctl.h>

#include "full_child.h"

static std::atomic<long>* bytes_read;  // by P
static hang_fd parent_fd;

static void read_to_end(bool non_blocking) {  // P
  static char page[16384];
  pollfd end = {full_ends[0], POLLIN, 0};
  for (ssize_t n; (n = read(full_ends[0], page, sizeof page)) != 0;) {
    if (n > 0)
      *bytes_read += n;
    else if (!non_blocking || errno != EAGAIN || poll(&end, 1, -1) < 0)
      _exit(errno);
  }
}
static void poll_then_wait() {  // P
  full_start_child(full_print);
  close(full_ends[1]);
  // The read end is a file description of its own: the write end of C stays blocking.
  if (fcntl(full_ends[0], F_SETFL, O_NONBLOCK) < 0) _exit(errno);
  read_to_end(true);
  full_wait();
}
static void* read_in_thread(void*) {
  read_to_end(false);
  return nullptr;
}
static void wait_beside_thread() {  // P
  pthread_t thread;
  full_start_child(full_print);
  close(full_ends[1]);
  const int error = pthread_create(&thread, nullptr, read_in_thread, nullptr);
  if (error != 0) _exit(error);
  full_wait();
  pthread_join(thread, nullptr);
}

static void cure_setup() {
  full_setup();
  bytes_read = static_cast<std::atomic<long>*>(hang_share(sizeof *bytes_read));
}
static void nap(int64_t ns) {
  if (parent_fd < 0 && ns > 100000) ns = 100000;  // no pidfd_open before v5.3
  pollfd end = {parent_fd, POLLIN, 0};
  const timespec span = {ns / 1000000000, ns % 1000000000};
  ppoll(&end, 1, &span, nullptr);
}
static void look_at_cure() {
  hang_victim("parent", full_parent, 0, -1, 0);  // all threads: one of them may read
  if (full_child() != 0) hang_victim("child", full_child(), full_child(), -1, 0);
  full_progress(HANG_UNKNOWN, *bytes_read);
}
static int cure(void (*parent)()) {
  static const hang_wait wait = {full_over, nap, look_at_cure, nullptr};
  *bytes_read = 0;
  full_start(parent);
  parent_fd.reset(static_cast<int>(syscall(SYS_pidfd_open, full_parent, 0)));
  full_window.reset();  // with a second write end, P would never read the end of file
  const int outcome = full_end(&wait);
  if (full_status != 0 || *bytes_read == full_bytes) return outcome;
  hang_note("the parent read %ld bytes of %ld", bytes_read->load(), full_bytes);
  return HANG_ANOMALY;
}

static int poll_trial() {
  return cure(poll_then_wait);
}
static int thread_trial() {
  return cure(wait_beside_thread);
}

static void end_at_once() {}   // C
static void keep_read_end() {  // P
  full_start_child(end_at_once);
  full_wait();
  full_write(full_ends[1]);
}
static void look_at_writer() {
  int queued = -1;
  hang_victim("parent", full_parent, full_parent, full_ends[0], POLLIN);
  if (!full_stuck()) return full_progress(HANG_HOLDS, 0);
  ioctl(full_window, FIONREAD, &queued);
  hang_invariant(HANG_BROKEN,
                 "%d of %d bytes queued, no slot free; the only reader is the writer itself, "
                 "process %d: its child %d has ended, yet no EPIPE comes",
                 queued, fcntl(full_window, F_GETPIPE_SZ), full_parent, full_child());
}
static int keep_trial() {
  static const hang_wait wait = {full_over, nullptr, look_at_writer, full_drain};
  full_start(keep_read_end);
  hang_until([] { return full_over() || full_stuck(); });
  return full_end(&wait);
}

static void close_read_end() {  // P
  signal(SIGPIPE, SIG_IGN);
  full_start_child(end_at_once);
  full_wait();
  close(full_ends[0]);
  full_write(full_ends[1]);
}
static int no_epipe() {
  full_window.reset();
  hang_note("no reader is left, and write(2) wrote all %ld bytes", full_bytes);
  return HANG_ANOMALY;
}
static int close_trial() {
  static const hang_wait wait = {full_over, nap, look_at_writer, full_drain};
  full_start(close_read_end);
  parent_fd.reset(static_cast<int>(syscall(SYS_pidfd_open, full_parent, 0)));
  hang_await(&wait);
  if (WIFEXITED(full_status) && WEXITSTATUS(full_status) == EPIPE)
    full_status = 0;
  else if (full_status == 0 && !hang_parked())
    return no_epipe();
  return full_end(&wait);
}

HANG_VARIANT(drain_poll, "drain-poll", cure_setup, poll_trial)
HANG_VARIANT(drain_threads, "drain-threads", cure_setup, thread_trial)
HANG_VARIANT(keep_read_end, "keep-read-end", full_setup, keep_trial)
HANG_VARIANT(close_read_end, "close-read-end", full_setup, close_trial)
