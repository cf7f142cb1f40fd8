// SPDX-License-Identifier: GPL-2.0-or-later
//
// The shape of the original report (zrepl issue 424, 2021): the parent writes 10 MiB in one call,
// its child resizes its stdin to the system's limit and execs a reader. The writer is a task of
// ours; this process keeps both ends, closes the write end behind the writer and reaps the reader.
#include <fcntl.h>
#include <poll.h>

#include "stall.h"

static const long kStream = 10 << 20;
static const char* const kDrain = "HANG_DRAIN";  // in the environment of the reader

static int limit = 1 << 20;  // fs.pipe-max-size
static int reader, reader_status;
static hang_fd reader_pidfd;

/// What `cat >/dev/null` does, where there is none: this program again, before its main().
__attribute__((constructor)) static void drain_stdin() {
  static char buffer[1 << 16];
  if (getenv(kDrain) == nullptr) return;
  ssize_t n;
  do n = read(STDIN_FILENO, buffer, sizeof buffer);
  while (n > 0);
  _exit(n == 0 ? 0 : 1);
}

static void setup() {
  stall_setup();
  hang_fd file(open("/proc/sys/fs/pipe-max-size", O_RDONLY | O_CLOEXEC));
  char text[32] = {};
  if (read(file, text, sizeof text - 1) > 0) limit = atoi(text);
}

static int over() {
  if (!hang_task_over(stall_task)) return 0;
  stall_writer.reset();  // the reader sees the end of the stream
  if (reader > 0 && waitpid(reader, &reader_status, WNOHANG) == reader) reader = 0;
  return reader == 0;
}

static void nap(int64_t ns) {
  if (!hang_task_over(stall_task)) return hang_task_wait(stall_task, ns);
  pollfd end = {reader_pidfd, POLLIN, 0};
  timespec span = {ns / 1000000000, ns % 1000000000};
  ppoll(&end, 1, &span, nullptr);
}

static void look() {
  if (stall_writer < 0) return hang_invariant(HANG_HOLDS, "the writer has returned");
  stall_victim(stall_task);
  stall_invariant(hang_task_over(stall_task));
  if (reader > 0) hang_victim("reader", reader, reader, -1, 0);
}

[[noreturn]] static void become_reader() {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  dup2(stall_reader, STDIN_FILENO);
  setenv(kDrain, "1", 1);
  if (fcntl(STDIN_FILENO, F_GETPIPE_SZ) < limit) fcntl(STDIN_FILENO, F_SETPIPE_SZ, limit);
  execl("/proc/self/exe", "reader", static_cast<char*>(nullptr));
  _exit(127);
}

static bool start_the_stream() {
  stall_write(stall_task, kStream, kStream);
  return hang_chose("resize", "at-once") || stall_asleep(stall_task);
}

static int trial() {
  static const hang_wait wait = {over, nap, look, stall_resize_again};
  if (!stall_begin(stall_open, start_the_stream)) return HANG_INCONCLUSIVE;
  hang_phase("child resizes its stdin and execs the reader");
  reader = static_cast<int>(hang_must(fork(), "fork"));
  if (reader == 0) become_reader();
  reader_pidfd.reset(static_cast<int>(syscall(SYS_pidfd_open, reader, 0)));
  hang_await(&wait);
  stall_reader.reset();
  const long written = hang_task_result(stall_task);
  if (written == 0 && reader_status == 0) return HANG_CLEAN;
  hang_note("the stream did not arrive whole: writer result %ld, reader status %d", written,
            reader_status);
  return HANG_ANOMALY;
}

HANG_VARIANT(zrepl, "zrepl", setup, trial)
