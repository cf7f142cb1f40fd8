// SPDX-License-Identifier: GPL-2.0-or-later
//
// pipe_one_slot: a write(2) of one byte sleeps for ever on a pipe that holds one byte.
//
// A pipe used as a semaphore, as by the jobservers of make and cargo: read a byte to take a token,
// write it to give it back. With one slot (F_SETPIPE_SZ to a page, or what an unprivileged user
// over fs.pipe-user-pages-soft got before v5.14) pipe_write() has two ways to place a byte:
//   * behind the last buffer, tried once, when the call begins;
//   * in a new slot, tried again after every sleep.
// The first ends at the end of the page, though its beginning has been read. The second needs the
// pipe to be empty. So, with a token on the last byte of the page:
//
//   writer                              partner
//   write(): the page has no byte left
//   the slot is taken: sleeps
//                                       read(): the pipe is empty, wakes the writer
//                                       write(): takes the slot again, at the page's first byte
//   wakes: the slot is taken, sleeps    is done, or sleeps in such a write as well
//
// 4095 bytes are free, the same write(2) made again would return at once, and nobody reads. The
// window is the writer's way from the wake-up to pipe->mutex (v6.1 fs/pipe.c pipe_write(),
// pipe_read()). The writer is a thread; the partner is this task, and its descriptor never blocks.
#include <poll.h>
#include <sys/ioctl.h>

#include "../kit/hang.h"

// Names that begin with slot_ are used by the other variants too.
hang_fd slot_reader, slot_writer, slot_awake;  // the ends, and both in one that never blocks
static hang_task* writer;
static bool swapped;

bool slot_take(char* token) {
  return read(slot_awake, token, 1) == 1;
}
bool slot_give(char token) {
  return write(slot_awake, &token, 1) == 1;
}
/// Makes a pipe of `slots` pages.
void slot_open(int slots) {
  char path[32];
  int ends[2];
  hang_must(pipe2(ends, O_CLOEXEC), "pipe2");
  slot_reader.reset(ends[0]);
  slot_writer.reset(ends[1]);
  const long wanted = slots * sysconf(_SC_PAGESIZE);
  const long capacity = hang_must(fcntl(slot_writer, F_SETPIPE_SZ, wanted), "fcntl(F_SETPIPE_SZ)");
  if (capacity != wanted) hang_fail("the pipe has %ld bytes", capacity);
  snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
  slot_awake.reset(static_cast<int>(hang_must(open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC), path)));
}
/// Puts a token on the last byte of the first page of an empty pipe: no other can join it there.
void slot_put_at_page_end(char token) {
  char page[1 << 16];
  const size_t size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  memset(page, token, size);
  hang_must(write(slot_awake, page, size), "write(a page)");
  hang_must(read(slot_awake, page, size - 1), "read(all but one byte)");
}
/// What the writer does: gives a token, by the pipe that blocks.
long slot_write_token(hang_task*) {
  return write(slot_writer, "w", 1) == 1 ? 0 : -errno;
}
/// Without help the partner begins up to 100 us after the writer.
static bool approach(hang_task* task) {
  hang_task_post(task, slot_write_token, nullptr, 0);
  const int64_t start = hang_now() + static_cast<int64_t>(hang_random(100000));
  while (hang_now() < start) continue;
  return true;
}
bool (*slot_approach)(hang_task*) = approach;  // widen.cpp has others
/// While all who use the pipe sleep in a write of one byte (`asleep` of them) or have returned for
/// good (all but `running`), it is full.
uint32_t slot_invariant(int asleep, int running) {
  pollfd end = {slot_writer, POLLOUT, 0};
  const bool room = poll(&end, 1, 0) == 1 && (end.revents & POLLOUT) != 0;
  const int capacity = fcntl(slot_writer, F_GETPIPE_SZ);
  int queued = 0;
  if (ioctl(slot_reader, FIONREAD, &queued) < 0) queued = capacity;
  const bool holds = asleep == 0 || running != 0 || queued >= capacity;
  const uint32_t status = holds ? HANG_HOLDS : room ? HANG_UNKNOWN : HANG_BROKEN;
  const char* meaning = running != 0 ? "another party may still read"
                        : holds      ? "nothing is wrong"
                        : room       ? "poll says POLLOUT: a wake-up was lost, not this bug"
                                     : "the only slot is taken, and no reader is left";
  hang_invariant(status, "%d of %d bytes queued, %d asleep in a write of 1 byte: %s", queued,
                 capacity, asleep, meaning);
  return status;
}

static int over() {
  return hang_task_over(writer);
}
static void nap(int64_t ns) {
  hang_task_wait(writer, ns);
}
static void look() {
  // The partner's read has woken the writer before `swapped` was set: asleep means asleep again.
  const bool sleeps = hang_task_asleep(writer);
  hang_victim("writer", writer->pid, hang_task_tid(writer), slot_reader, POLLIN);
  hang_partner("partner", getpid(), hang_gettid());
  slot_invariant(sleeps ? 1 : 0, (swapped ? 0 : 1) + (!sleeps && !over() ? 1 : 0));
}
int slot_take_one() {
  char token;
  return slot_take(&token);
}
static void swap_token() {
  char token;
  if (!(swapped = slot_take(&token) && slot_give(token))) hang_fail("swap: %s", strerror(errno));
}
void slot_setup_swap() {
  const bool split = hang_chose("cpu", "split") && *hang_text("widen", "none") == 'n';
  const unsigned cpu = 2 * hang_lane();
  if (split && *hang_place(0, hang_cpu(cpu), SCHED_OTHER)) hang_must(-1, "sched_setaffinity");
  writer = hang_task_start(HANG_THREAD, split ? hang_cpu(cpu + 1) : -1, SCHED_OTHER);
  const int tid = hang_task_tid(writer);
  hang_aimable(&tid, 1);
}

int slot_swap(int slots) {
  static const hang_wait wait = {over, nap, look, slot_take_one};
  char tokens[8];
  swapped = false;
  hang_aim();
  hang_phase("open");
  slot_open(slots);
  slot_put_at_page_end('p');
  hang_phase("start the writer");
  if (!slot_approach(writer)) return hang_note("the writer did not sleep"), HANG_INCONCLUSIVE;
  hang_phase("swap");
  hang_fire(swap_token, slot_writer);
  hang_await(&wait);
  const long result = hang_task_result(writer);
  int left = 0;
  if (result < 0) return hang_note("write: error %ld", -result), HANG_ANOMALY;
  if (hang_parked()) return HANG_CLEAN;  // the lever took a token
  while (left < 8 && slot_take(tokens + left)) ++left;
  if (left != 2) return hang_note("2 tokens were given, found %d", left), HANG_ANOMALY;
  // The writer took the slot between the partner's read and write: it was in the window and won.
  if (tokens[0] == 'w') hang_near();
  return HANG_CLEAN;
}
static int trial() {
  return slot_swap(1);
}
HANG_VARIANT(swap, "swap", slot_setup_swap, trial)
int main(int argc, char** argv) {
  return hang_main(argc, argv);
}
