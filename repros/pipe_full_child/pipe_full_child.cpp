// SPDX-License-Identifier: GPL-2.0-or-later
//
// pipe_full_child: a parent starts a child with its stdout on a pipe, waits for it, and means to
// read afterwards. The child prints more than the pipe holds.
//
//   parent P                              child C
//   pipe(), fork()                        dup2(pipe, 1)
//   waitid(C)  --- waits for the end of   write(1, line, 137), again and again
//   read()     never reached              write() number 465 --- waits for room in the pipe
//
// C sleeps in pipe_write() (v6.1 fs/pipe.c; anon_pipe_write() since v6.15, 262b2fa99cbe) until P
// reads, P in do_wait() (v6.1 kernel/exit.c) until C ends. No kernel bug, and the same on every
// kernel: the positive control, found in every trial of a sound run. How much fits: capacity.cpp.
// From the Hive test rig, https://tey.sh/TIL/002_subprocess_pipe_deadlocks (2024-02-27).
#include <poll.h>
#include <sys/ioctl.h>

#include "../kit/hang.h"

// What controls.cpp uses too. This process forks P, and keeps the write end to look at the pipe.
int full_parent, full_ended, full_status,
    full_ends[2];                   // P, its wait status, the pipe's descriptors in P
long full_bytes;                    // to be written
hang_fd full_window, full_drainer;  // our write end; our reader, once the lever is pulled
static struct Shared {
  std::atomic<int> child, waiting;  // C; whether P is about to wait for it
  std::atomic<long> written;
} * shared;

/// A child that dies with its parent, so that no end of a trial leaves it behind.
static int fork_to(void (*run)(), const char* name) {
  const int parent = getpid(), child = fork();
  if (child != 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(ESRCH);  // it was gone before the line above
  prctl(PR_SET_NAME, name);
  run();
  _exit(0);
}
void full_start_child(void (*run)()) {  // P; the exit code of P and C is the errno of what fails
  if ((shared->child = fork_to(run, "full-child")) < 0) _exit(errno);
}
void full_write(int fd) {  // C, or P
  static char text[1 << 20];
  const long line = hang_number("line", 137);
  if (line < 1 || line > (1 << 20)) _exit(EINVAL);
  for (long left = full_bytes, n; left > 0; left -= n) {
    n = write(fd, text, static_cast<size_t>(left < line ? left : line));
    if (n < 0) _exit(errno);
    shared->written += n;
  }
}
void full_print() {  // C
  if (dup2(full_ends[1], STDOUT_FILENO) < 0) _exit(errno);
  close(full_ends[0]);
  close(full_ends[1]);
  full_write(STDOUT_FILENO);
}
void full_wait() {  // P
  siginfo_t end;
  shared->waiting = 1;  // one system call follows: asleep is asleep in that one
  if (waitid(P_PID, static_cast<id_t>(shared->child), &end, WEXITED) < 0) _exit(errno);
  if (end.si_status != 0) _exit(end.si_code == CLD_EXITED ? end.si_status : EINTR);
}
static void wait_and_not_read() {  // P
  full_start_child(full_print);
  close(full_ends[1]);
  full_wait();
}
int full_over() {
  static char text[16384];
  int most = 64;  // reads at a time: C may write as fast
  while (full_drainer >= 0 && most-- > 0 && read(full_drainer, text, sizeof text) > 0) continue;
  if (!full_ended) full_ended = waitpid(full_parent, &full_status, WNOHANG) == full_parent;
  const int child = shared->child;  // ours once P is killed
  return full_ended && (child == 0 || waitpid(child, nullptr, WNOHANG) != 0);
}
/// The lever reads. Opened anew, the pipe is non-blocking for us alone.
int full_drain() {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", static_cast<int>(full_window));
  full_drainer.reset(open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  return full_drainer >= 0;
}
int full_child() {
  return shared->child;
}
/// P sleeps, and the pipe has no free slot (POLLOUT) but a reader (no POLLERR).
int full_stuck() {
  pollfd end = {full_window, POLLOUT, 0};
  return poll(&end, 1, 0) == 0 && shared->written < full_bytes && hang_state_of(full_parent) == 'S';
}
static int deadlocked() {
  return full_stuck() && shared->waiting && hang_state_of(full_child()) == 'S';
}
void full_progress(uint32_t status, long taken) {
  hang_invariant(status,
                 "%ld of %ld bytes written, %ld read; parent %d in state %c, child %d in state %c",
                 shared->written.load(), full_bytes, taken, full_parent, hang_state_of(full_parent),
                 full_child(), hang_state_of(full_child()));
}
static void look() {
  int queued = -1;
  hang_victim("parent", full_parent, full_parent, full_ends[0], POLLIN);
  hang_victim("child", full_child(), full_child(), -1, 0);
  if (!deadlocked()) return full_progress(HANG_HOLDS, 0);
  ioctl(full_window, FIONREAD, &queued);
  hang_invariant(HANG_BROKEN,
                 "%d of %d bytes queued, no slot free; the only reader, process %d, waits in "
                 "waitid for process %d, which sleeps in write",
                 queued, fcntl(full_window, F_GETPIPE_SZ), full_parent, full_child());
}
void full_setup() {
  shared = static_cast<Shared*>(hang_share(sizeof *shared));
  signal(SIGCHLD, SIG_DFL);
  hang_must(prctl(PR_SET_CHILD_SUBREAPER, 1), "prctl(PR_SET_CHILD_SUBREAPER)");
}
void full_start(void (*parent)()) {
  hang_phase("fork");
  hang_must(pipe2(full_ends, O_CLOEXEC), "pipe2");
  full_window.reset(full_ends[1]);
  const long capacity = hang_must(fcntl(full_window, F_GETPIPE_SZ), "F_GETPIPE_SZ");
  full_bytes = hang_number("bytes", 0) != 0 ? hang_number("bytes", 0) : capacity / 4 * 5;
  shared->written = shared->child = shared->waiting = full_ended = 0;
  full_parent = static_cast<int>(hang_must(fork_to(parent, "full-parent"), "fork"));
  close(full_ends[0]);
  hang_phase("wait for the family");
}
int full_end(const hang_wait* wait) {
  hang_await(wait);
  full_window.reset();
  full_drainer.reset();
  if (full_status == 0 || hang_parked()) return HANG_CLEAN;  // parked: a rescue ended them
  hang_note("the family failed: %s", strerror(WEXITSTATUS(full_status)));
  if (!WIFSIGNALED(full_status)) return HANG_INFRA;
  hang_note("the parent was killed by a signal from outside");
  return HANG_INCONCLUSIVE;
}
static int trial() {
  static const hang_wait wait = {full_over, nullptr, look, full_drain};
  full_start(wait_and_not_read);
  // The patience begins when the hang is complete, however slow the forks were.
  hang_until([] { return full_over() || deadlocked(); });
  return full_end(&wait);
}

HANG_VARIANT(deadlock, "deadlock", full_setup, trial)
int main(int argc, char** argv) {
  return hang_main(argc, argv);
}
