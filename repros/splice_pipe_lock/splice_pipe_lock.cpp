// SPDX-License-Identifier: GPL-2.0-or-later
//
// splice_pipe_lock: while splice(2) waits for a socket's data, whoever touches the pipe it splices
// into hangs in state D: O_NONBLOCK reads, opens, closes, and killed processes that hold the pipe.
//
//   splicer                                      anybody else with the pipe
//   splice_file_to_pipe():
//     pipe_lock(): pipe->mutex
//     wait_for_space()
//     ->splice_read() of the socket:             read(2) with O_NONBLOCK: pipe_read()
//       no data: sleeps, state S, and            fcntl(F_GETPIPE_SZ): pipe_fcntl()
//       holds pipe->mutex as long as             open(2): fifo_open()
//       the peer is silent                       close(2), exit: pipe_release()
//     pipe_unlock()                                mutex_lock(&pipe->mutex): state D, SIGKILL-proof
//
// (v6.1 fs/splice.c, fs/pipe.c.) Before 8924feff66f3 "splice: lift pipe_lock out of
// splice_to_pipe()" (v4.9) data was awaited first and the lock taken for the copy alone. There is
// no race. A byte for the socket, its end, or a signal to the splicer frees all: they are stuck
// for as long as a stranger on the other end of a connection likes.
#include <sys/socket.h>

#include "../kit/child.h"

static hang_task *splicer, *user;  // who waits for data; who asks something of the pipe
static hang_child heir;            // variant exit: has inherited `own`
static hang_fd spliced, peer, read_end, write_end;
static int own = -1;  // one more description of the read end; its close is the last

// ---- What may hang, none of which may ever wait for data. A process of its own does it, which
// shares our descriptors and gets their numbers: read_end, own. ----

static long read_one(hang_task* task) {
  char byte;
  return read(static_cast<int>(task->argument[0]), &byte, 1) < 0 ? -errno : 0;
}
static long ask_size(hang_task* task) {
  return fcntl(static_cast<int>(task->argument[0]), F_GETPIPE_SZ) < 0 ? -errno : 0;
}
static int open_again(int fd) {
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  return open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}
static long open_it(hang_task* task) {
  return close(open_again(static_cast<int>(task->argument[0])));
}
static long close_own(hang_task* task) {
  return close(static_cast<int>(task->argument[1]));
}
static const struct PipeCall {
  const char *variant, *role, *text;
  long (*job)(hang_task*);
} calls[] = {
    {"open", "opener", "an open(2) with O_NONBLOCK", open_it},
    {"size", "asker", "fcntl(F_GETPIPE_SZ)", ask_size},
    {"close", "closer", "the close(2) of a read end", close_own},
    {"exit", "heir", "the exit of a killed process that holds a read end", nullptr},
    {"read", "reader", "a read(2) with O_NONBLOCK", read_one},
};
static const PipeCall* call;

static long splice_one(hang_task*) {
  const unsigned flags = hang_is("nonblock") ? SPLICE_F_NONBLOCK : 0;
  return splice(spliced, nullptr, write_end, nullptr, 1, flags) < 0 ? -errno : 0;
}

// ---- The wait. ----

static int over() {
  return call->job == nullptr ? hang_child_reaped(&heir) : hang_task_over(user);
}
static void nap(int64_t ns) {
  call->job == nullptr ? hang_child_wait(&heir, ns) : hang_task_wait(user, ns);
}
/// These calls look at the pipe and return, whatever it holds: while one sleeps, nobody else may be
/// asleep inside the pipe for something that is not the pipe's.
static void look() {
  const bool waits = hang_task_asleep(splicer);
  if (call->job == nullptr)
    hang_victim(call->role, heir.pid, 0, -1, 0);
  else
    hang_victim(call->role, user->pid, hang_task_tid(user), -1, 0);
  hang_partner("splicer", splicer->pid, hang_task_tid(splicer));
  uint32_t status = waits ? HANG_BROKEN : HANG_UNKNOWN;
  if (over()) status = HANG_HOLDS;
  hang_invariant(status, "%s has %s, and the splicer %s", call->text,
                 over() ? "ended" : "not ended",
                 waits ? "sleeps for data of its socket" : "does not sleep");
}
static int feed() {
  return write(peer, "x", 1) == 1;
}

// ---- The trial. ----

static void setup() {
  call = calls;
  while (call->job != read_one && !hang_is(call->variant)) ++call;  // the controls read as well
  splicer = hang_task_start(HANG_THREAD, -1, SCHED_OTHER);
  user = hang_task_start(HANG_PROCESS, -1, SCHED_OTHER);
}
static void open_objects() {
  int pair[2], ends[2];
  hang_must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), "socketpair");
  hang_must(pipe2(ends, O_CLOEXEC), "pipe2");
  spliced.reset(pair[0]), peer.reset(pair[1]);
  read_end.reset(ends[0]), write_end.reset(ends[1]);
  hang_must(fcntl(read_end, F_SETFL, O_NONBLOCK), "O_NONBLOCK");
  own = static_cast<int>(hang_must(open_again(read_end), "open(/proc/self/fd/N)"));
}
static int trial() {
  static const hang_wait wait = {over, nap, look, feed};
  open_objects();
  const int64_t fds[] = {read_end, own};
  if (call->job == nullptr) {
    // Two threads more than hang_child wants, but it makes system calls only.
    hang_child_start(&heir, 0, [] { pause(); });
    close(own);  // is the child's alone now
  }
  if (hang_is("with-data")) feed();
  hang_phase("splice until it sleeps or returns");
  hang_task_post(splicer, splice_one, nullptr, 0);
  if (!hang_until([] { return hang_task_over(splicer) || hang_task_asleep(splicer); }))
    hang_fail("the splicer neither slept nor returned within 5 s");
  hang_phase(call->text);
  if (call->job == nullptr)
    hang_child_kill(&heir);
  else
    hang_task_post(user, call->job, fds, sizeof fds);
  hang_await(&wait);
  hang_phase("clean up");
  feed();  // the pipe can be closed only when the splicer has left it
  if (!hang_until([] { return hang_task_over(splicer); })) hang_fail("the splicer does not return");
  if (call->job != nullptr && call->job != close_own) close(own);
  return HANG_CLEAN;
}
HANG_VARIANT(read, "read", setup, trial)
HANG_VARIANT(size, "size", setup, trial)
HANG_VARIANT(open, "open", setup, trial)
HANG_VARIANT(close, "close", setup, trial)
HANG_VARIANT(exit, "exit", setup, trial)
HANG_VARIANT(with_data, "with-data", setup, trial)
HANG_VARIANT(nonblock, "nonblock", setup, trial)

int main(int argc, char** argv) {
  return hang_main(argc, argv);
}
