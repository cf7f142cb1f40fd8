// SPDX-License-Identifier: GPL-2.0-or-later
//
// How much a child may print before it blocks, measured on this kernel. Rows for a report, no
// verdict; nothing here can hang.
//
// A pipe is full when its slots are, and a slot may hold a single byte. pipe_write() (v6.1
// fs/pipe.c, since v5.5; anon_pipe_write() since v6.15, 262b2fa99cbe): the odd part of a write,
// size % page, goes behind the last buffer if it fits there as a whole; everything else starts a
// new slot. Buffers of an O_DIRECT pipe are packets and are never joined.
//
// An unprivileged user over fs.pipe-user-pages-soft gets pipes of 2 pages, 1 before v5.14
// (46c4c9d1beb7 "pipe: increase minimum default pipe size to 2 pages"), which cannot grow:
// alloc_pipe_info(), pipe_set_size().
#include <grp.h>
#include <sys/resource.h>

#include "full_child.h"

static const size_t page_size = static_cast<size_t>(sysconf(_SC_PAGESIZE));

/// Bytes in an empty pipe when a writer of `size` bytes a call first blocks.
size_t full_rule(PipeShape pipe, size_t size) {
  const size_t odd = size % pipe.page;
  size_t used = 0, tail = 0, bytes = 0;  // slots; bytes in the last one; in all
  while (size > 0) {
    size_t left = size;
    if (!pipe.packets && odd != 0 && used != 0 && tail + odd <= pipe.page) {
      tail += odd;
      bytes += odd;
      left -= odd;
    }
    for (; left > 0; left -= tail, ++used) {
      if (used == pipe.slots) return bytes;
      tail = left < pipe.page ? left : pipe.page;
      bytes += tail;
    }
  }
  return 0;
}

/// What a fresh pipe has taken when it takes no more. A partial write counts: a blocking writer
/// would have queued as much before it slept.
size_t full_fill(size_t size, bool packets, size_t* capacity) {
  int ends[2];
  size_t bytes = 0;
  hang_must(pipe2(ends, O_CLOEXEC | O_NONBLOCK | (packets ? O_DIRECT : 0)), "pipe2");
  const hang_fd reader(ends[0]), writer(ends[1]);
  char* data = static_cast<char*>(calloc(size, 1));
  *capacity = static_cast<size_t>(hang_must(fcntl(writer, F_GETPIPE_SZ), "F_GETPIPE_SZ"));
  for (ssize_t n; (n = write(writer, data, size)) > 0;) bytes += static_cast<size_t>(n);
  if (errno != EAGAIN) hang_must(-1, "filling a pipe");
  free(data);
  return bytes;
}

/// One row. Does the pipe keep to the rule?
static bool measure_fill(size_t size, bool packets) {
  char name[32];
  size_t capacity;
  const size_t bytes = full_fill(size, packets, &capacity);
  snprintf(name, sizeof name, "%s %zu B", packets ? "packet" : "write", size);
  hang_measure(name, "B", "%zu", bytes);
  return bytes == full_rule({capacity / page_size, page_size, packets}, size);
}
static void measure_fills() {
  // 137 is the line length of the Hive report; the rest lie around half a slot, one slot and two.
  static const size_t sizes[] = {1, 100, 137, 512, 2048, 2049, 4095, 4096, 4097, 5000, 8193};
  int off = 0;
  size_t capacity;
  full_fill(page_size, false, &capacity);
  hang_measure("page size", "B", "%zu", page_size);
  hang_measure("default capacity", "B", "%zu", capacity);
  hang_measure("default slots", "", "%zu", capacity / page_size);
  for (const size_t size : sizes) off += !measure_fill(size, false);
  off += !measure_fill(1, true);
  off += !measure_fill(4097, true);
  hang_measure("sizes off the merge rule", "", "%d", off);
}

/// What a child of another uid finds. A process of its own, so that neither its descriptors nor the
/// dropped privilege outlive the measurement.
static struct SoftLimit {
  int full_size, opened;  // bytes of a pipe under the limit; pipes, the small one included
  int small_size, grown;  // bytes of that one, 0: none met; F_SETPIPE_SZ full_size, or -errno
  char why_none[96];
} * found;

static void must(int value, const char* operation) {
  if (value >= 0) return;
  if (errno == EMFILE)
    sprintf(found->why_none, "the hard limit of RLIMIT_NOFILE ends at pipe %d", found->opened);
  else
    snprintf(found->why_none, sizeof found->why_none, "%s: %s", operation, strerror(errno));
  _exit(1);
}
static void become_nobody() {
  const uid_t nobody = 65534;  // overflowuid: the one uid without privilege everywhere
  rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);  // if it fails, running out of descriptors will tell
  if (geteuid() != 0) return;
  must(setgroups(0, nullptr), "setgroups");
  must(setresgid(nobody, nobody, nobody), "setresgid");
  must(setresuid(nobody, nobody, nobody), "setresuid");
}
static void open_pipes() {
  for (int ends[2]; found->small_size == 0 && found->opened < 1 << 16;) {  // met at 1025
    must(pipe2(ends, O_CLOEXEC), "pipe2");
    close(ends[1]);  // the read end alone keeps it alive
    found->opened++;
    const int size = fcntl(ends[0], F_GETPIPE_SZ);
    if (size >= found->full_size) continue;
    found->small_size = size;
    found->grown = fcntl(ends[0], F_SETPIPE_SZ, found->full_size);
    if (found->grown < 0) found->grown = -errno;
  }
  sprintf(found->why_none, "none of %d pipes is smaller", found->opened);
}
static void find_soft_limit() {
  char text[32] = {};
  const hang_fd file(open("/proc/sys/fs/pipe-max-size", O_RDONLY | O_CLOEXEC));
  const int most = read(file, text, sizeof text - 1) > 0 ? atoi(text) : 1 << 20;
  const int slots = 16, full = slots * static_cast<int>(page_size);  // PIPE_DEF_BUFFERS
  *found = {};
  found->full_size = full < most ? full : most;
  const pid_t self = getpid(), child = static_cast<pid_t>(hang_must(fork(), "fork"));
  if (child == 0) {
    become_nobody();
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // after setresuid, which clears it
    if (getppid() == self) open_pipes();
    _exit(0);
  }
  if (hang_until([=] { return waitpid(child, nullptr, WNOHANG) == child; }, 30.0)) return;
  kill(child, SIGKILL);
  hang_fail("opening pipes took more than 30 s");
}

static void measure_number(const char* row, int value, const char* unit) {
  const char* name = value == -EPERM ? "EPERM" : value == -EBUSY ? "EBUSY" : strerror(-value);
  if (found->small_size == 0) return hang_measure(row, "", "unknown: %s", found->why_none);
  if (value < 0) return hang_measure(row, "", "%s", name);
  hang_measure(row, unit, "%d", value);
}
static void measure_soft_limit() {
  char grow[64];
  snprintf(grow, sizeof grow, "unprivileged: F_SETPIPE_SZ %d B on it", found->full_size);
  measure_number("unprivileged: first smaller pipe", found->opened, "");
  measure_number("unprivileged: its capacity", found->small_size, "B");
  measure_number(grow, found->grown, "B");
}

static void setup() {
  signal(SIGCHLD, SIG_DFL);
  found = static_cast<SoftLimit*>(hang_share(sizeof *found));
}
static int trial() {
  hang_phase("fill pipes");
  measure_fills();
  hang_phase("meet the soft limit");
  find_soft_limit();
  measure_soft_limit();
  return HANG_CLEAN;
}

HANG_VARIANT(capacity, "capacity", setup, trial)
