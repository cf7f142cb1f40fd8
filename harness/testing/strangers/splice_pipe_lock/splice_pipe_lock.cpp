// SPDX-License-Identifier: GPL-2.0-or-later
//
// splice_pipe_lock: splice(2) from a socket into a pipe waits for data with pipe->mutex held. Since
// 8924feff66f3 "splice: lift pipe_lock out of splice_to_pipe()" (v4.9); not fixed in v6.18.
//
//   splicer                                      reader, of the same pipe, O_NONBLOCK
//   splice_file_to_pipe():
//     pipe_lock(), wait_for_space()
//     ->splice_read() of the socket: no data,    read(2), pipe_read():
//       sleeps, the lock held                      mutex_lock(&pipe->mutex): sleeps in state D,
//                                                  neither O_NONBLOCK nor SIGKILL help
//
// The same befalls open, close and F_SETPIPE_SZ of that pipe: this program does none of them while
// the splicer sleeps. A byte for the socket, or the death of the splicer, frees both.
#include <sys/socket.h>

#include "hang.h"

static hang_task *splicer, *reader;
static hang_fd spliced, peer, read_end, write_end;

static long splice_one(hang_task*) {
  return splice(spliced, nullptr, write_end, nullptr, 1, 0) < 0 ? -errno : 0;
}

static long read_one(hang_task*) {
  char byte;
  return read(read_end, &byte, 1) < 0 ? -errno : 0;
}

static int over() {
  return hang_task_over(reader);
}

static void nap(int64_t ns) {
  hang_task_wait(reader, ns);
}

/// No read(2) of a descriptor with O_NONBLOCK sleeps.
static void look() {
  const bool nonblocking = (fcntl(read_end, F_GETFL) & O_NONBLOCK) != 0;
  hang_victim("reader", reader->pid, hang_task_tid(reader), -1, 0);
  hang_partner("splicer", splicer->pid, hang_task_tid(splicer));
  hang_invariant(
      nonblocking && !over() ? HANG_BROKEN : HANG_HOLDS,
      over() ? "the reader has returned" : "the reader sleeps in a read with O_NONBLOCK");
}

static int feed() {
  return write(peer, "x", 1) == 1;
}

static void setup() {
  splicer = hang_task_start(HANG_THREAD, -1, SCHED_OTHER);
  reader = hang_task_start(HANG_THREAD, -1, SCHED_OTHER);
}

static int trial() {
  static const hang_wait wait = {over, nap, look, feed};
  int pair[2], ends[2];
  hang_must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), "socketpair");
  hang_must(pipe2(ends, O_CLOEXEC), "pipe2");
  hang_must(fcntl(ends[0], F_SETFL, O_NONBLOCK), "O_NONBLOCK");
  spliced.reset(pair[0]), peer.reset(pair[1]);
  read_end.reset(ends[0]), write_end.reset(ends[1]);
  if (hang_is("with-data")) feed();
  hang_phase("splice until it sleeps or returns");
  hang_task_post(splicer, splice_one, nullptr, 0);
  if (!hang_until([] { return hang_task_over(splicer) || hang_task_asleep(splicer); }))
    return hang_note("the splicer neither slept nor returned within 5 s"), HANG_INCONCLUSIVE;
  hang_phase("read");
  hang_task_post(reader, read_one, nullptr, 0);
  hang_await(&wait);
  feed();  // the pipe can be closed only when the splicer has left it
  if (!hang_until([] { return hang_task_over(splicer); })) hang_fail("the splicer does not return");
  return HANG_CLEAN;
}

HANG_VARIANT(without_data, "without-data", setup, trial)
HANG_VARIANT(with_data, "with-data", setup, trial)

int main(int argc, char** argv) {
  return hang_main(argc, argv);
}
