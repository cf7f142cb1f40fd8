// SPDX-License-Identifier: GPL-2.0-or-later
//
// Pipes and FIFOs: who waits for a byte or for room, and who still holds the other end.
#include <atomic>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "stage.h"

namespace hangrate::waits {
namespace {

void caught(int) {}

// ---- A full pipe. ----

/// A parent that only waits, and a child that has more to say than the pipe holds.
void full_pipe_of_parent() {
  const Ends ends = make_pipe();
  const pid_t child = start(SYS_write, {ends.write}, [=] {
    fill(ends.write);
    write_byte(ends.write);
  });
  close(ends.write);
  wait_for(child);
}
void full_pipe() {
  start(SYS_wait4, {}, full_pipe_of_parent);
}
void full_pipe_handler() {
  start(SYS_wait4, {}, [] {
    signal(SIGUSR1, caught);
    full_pipe_of_parent();
  });
}
void full_pipe_slow_reader() {
  const Ends ends = make_pipe();
  start(SYS_write, {ends.write}, [=] {
    fill(ends.write);
    write_byte(ends.write);
  });
  start(SYS_clock_nanosleep, {ends.read}, nap);
}
void full_pipe_stopped_reader() {
  const Ends ends = make_pipe();
  start(kStopped, {ends.read}, [=] {
    raise(SIGSTOP);
    read_byte(ends.read);
  });
  start(SYS_write, {ends.write}, [=] {
    fill(ends.write);
    write_byte(ends.write);
  });
}
/// Two that talk to each other, and neither listens.
void both_write() {
  const Ends there = make_pipe(), back = make_pipe();
  start(SYS_write, {there.write, back.read}, [=] {
    fill(there.write);
    write_byte(there.write);
  });
  start(SYS_write, {back.write, there.read}, [=] {
    fill(back.write);
    write_byte(back.write);
  });
}

// ---- An empty pipe. ----

void own_end() {
  const Ends ends = make_pipe();
  start(SYS_read, {ends.read, ends.write}, [=] { read_byte(ends.read); });
}
void own_end_watchdog() {
  const Ends ends = make_pipe();
  start(SYS_read, {ends.read, ends.write}, [=] {
    start_thread(SYS_clock_nanosleep, nap);
    read_byte(ends.read);
  });
}
void own_end_two_threads() {
  const Ends ends = make_pipe();
  start(SYS_read, {ends.read, ends.write}, [=] {
    start_thread(SYS_read, [=] { read_byte(ends.read); });
    read_byte(ends.read);
  });
}
void both_read() {
  const Ends there = make_pipe(), back = make_pipe();
  start(SYS_read, {there.write, back.read}, [=] { read_byte(back.read); });
  start(SYS_read, {back.write, there.read}, [=] { read_byte(there.read); });
}
void both_read_and_a_napper() {
  const Ends there = make_pipe(), back = make_pipe();
  start(SYS_read, {there.write, back.read}, [=] { read_byte(back.read); });
  start(SYS_read, {back.write, there.read}, [=] { read_byte(there.read); });
  start(SYS_clock_nanosleep, {back.write}, nap);
}
void writer_naps() {
  const Ends ends = make_pipe();
  start(SYS_read, {ends.read}, [=] { read_byte(ends.read); });
  start(SYS_clock_nanosleep, {ends.write}, nap);
}
void writer_pauses() {
  const Ends ends = make_pipe();
  start(SYS_read, {ends.read}, [=] { read_byte(ends.read); });
  start(kPause, {ends.write}, rest);
}
/// The reader holds an end itself, as in own-end, and one more was inherited by a bystander.
void leaked_end() {
  const Ends ends = make_pipe();
  start(SYS_read, {ends.read, ends.write}, [=] { read_byte(ends.read); });
  start(SYS_clock_nanosleep, {ends.write}, nap);
}
void leaked_end_pausing() {
  const Ends ends = make_pipe();
  start(SYS_read, {ends.read, ends.write}, [=] { read_byte(ends.read); });
  start(kPause, {ends.write}, rest);
}
/// A process of its own that shares the reader's descriptors.
void shared_table() {
  start(SYS_read, {}, [] {
    const Ends ends = make_pipe();
    expect_task();
    if (must(syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0L, 0L, 0L, 0L), "clone") == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      expect_rest(SYS_clock_nanosleep);
      nap();
    }
    read_byte(ends.read);
  });
}
/// A thread with descriptors of its own, which /proc/PID/fd does not show: task/TID/fd does.
void unshared_thread() {
  const Ends ends = make_pipe();
  start(SYS_read, {ends.read, ends.write}, [=] { read_byte(ends.read); });
  start(kPause, {ends.write}, [=] {
    static std::atomic<int> unshared;
    start_thread(SYS_clock_nanosleep, [] {
      must(unshare(CLONE_FILES), "unshare");
      unshared = 1;
      nap();
    });
    while (unshared == 0) short_nap(1);
    close(ends.write);
    rest();
  });
}
/// A bystander whose descriptors only root may see.
void undumpable_holder() {
  const Ends ends = make_pipe();
  start(SYS_read, {ends.read, ends.write}, [=] { read_byte(ends.read); });
  start(kAnyCall, {ends.write}, [] {
    prctl(PR_SET_DUMPABLE, 0);
    nap();
  });
}
/// The judge sees both; from inside of the namespace only the reader would be seen.
void in_namespace(bool writer_outside) {
  const Ends ends = make_pipe();
  expect_task();
  const long reader =
      must(syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, nullptr, nullptr, nullptr, 0L), "clone");
  if (reader == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    keep_only({ends.read, ends.write});
    expect_rest(SYS_read);
    read_byte(ends.read);
  }
  if (writer_outside) start(SYS_clock_nanosleep, {ends.write}, nap);
}
void own_end_in_namespace() {
  in_namespace(false);
}
void namespace_with_writer_outside() {
  in_namespace(true);
}
void stopped_writer() {
  const Ends ends = make_pipe();
  start(SYS_read, {ends.read}, [=] { read_byte(ends.read); });
  start(kStopped, {ends.write}, [=] {
    raise(SIGSTOP);
    write_byte(ends.write);
    rest();
  });
}

// ---- Tokens, as make and cargo pass them. ----

void work_for_a_token(const Ends& jobs) {
  for (;;) {
    read_byte(jobs.read);
    short_nap(3);
    write_byte(jobs.write);
  }
}
void jobserver() {
  const Ends jobs = make_pipe();
  write_byte(jobs.write);
  for (int worker = 0; worker < 3; ++worker)
    start(kMoving, {jobs.read, jobs.write}, [=] { work_for_a_token(jobs); });
}
/// The one that has the token is stopped before it gives it back.
void stopped_token_holder() {
  const Ends jobs = make_pipe();
  write_byte(jobs.write);
  start(kStopped, {jobs.read, jobs.write}, [=] {
    read_byte(jobs.read);
    raise(SIGSTOP);
    work_for_a_token(jobs);
  });
  await_rest();
  start(SYS_read, {jobs.read, jobs.write}, [=] { read_byte(jobs.read); });
}
void token_ring() {
  const Ends there = make_pipe(), back = make_pipe();
  const auto pass = [](int from, int to) {
    for (;;) {
      read_byte(from);
      short_nap(3);
      write_byte(to);
    }
  };
  start(kMoving, {there.read, back.write}, [=] { pass(there.read, back.write); });
  start(kMoving, {back.read, there.write}, [=] { pass(back.read, there.write); });
  write_byte(there.write);
}

// ---- FIFOs. ----

const char* make_fifo() {
  static char path[96];
  snprintf(path, sizeof path, "%s/fifo", folder());
  must(mkfifo(path, 0600), "mkfifo");
  return path;
}
void fifo_linked() {
  const int both = static_cast<int>(must(open(make_fifo(), O_RDWR | O_CLOEXEC), "open"));
  start(SYS_read, {both}, [=] { read_byte(both); });
}
void fifo_unlinked() {
  const char* path = make_fifo();
  const int both = static_cast<int>(must(open(path, O_RDWR | O_CLOEXEC), "open"));
  must(unlink(path), "unlink");
  start(SYS_read, {both}, [=] { read_byte(both); });
}
void fifo_unlinked_writer_naps() {
  const char* path = make_fifo();
  const int both = static_cast<int>(must(open(path, O_RDWR | O_CLOEXEC), "open"));
  const int end = static_cast<int>(must(open(path, O_RDONLY | O_CLOEXEC), "open"));
  must(unlink(path), "unlink");
  start(SYS_read, {end}, [=] { read_byte(end); });
  start(SYS_clock_nanosleep, {both}, nap);
}
void fifo_open() {
  const char* path = make_fifo();
  start(SYS_openat, {}, [=] { must(open(path, O_RDONLY | O_CLOEXEC), "open"); });
}

// ---- Ends that no descriptor table shows. ----

void send_end(int socket, int end) {
  char byte = 'x', control[CMSG_SPACE(sizeof end)] = {};
  iovec part = {&byte, 1};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof end);
  memcpy(CMSG_DATA(header), &end, sizeof end);
  must(sendmsg(socket, &message, 0), "sendmsg");
}
/// The napper may take the end out of the socket and write.
void end_in_flight() {
  const Ends ends = make_pipe();
  const Pair pair = make_pair(SOCK_STREAM);
  send_end(pair.one, ends.write);
  start(SYS_read, {ends.read, ends.write}, [=] { read_byte(ends.read); });
  start(SYS_clock_nanosleep, {pair.other}, nap);
}

const Family kPipes{
    {"pipe-full-waiting-parent", "deadlock", false, "",
     "parent in wait4, child in write to a full pipe that only the parent could read", full_pipe},
    {"pipe-full-waiting-parent-handler", "stuck", true, "",
     "the same, and the parent catches SIGUSR1: its handler might read", full_pipe_handler},
    {"pipe-full-slow-reader", "none", false, "", "writer in write, the reader naps",
     full_pipe_slow_reader},
    {"pipe-full-stopped-reader", "none", false, "", "writer in write, the reader is stopped",
     full_pipe_stopped_reader},
    {"pipe-both-write", "deadlock", false, "", "two writers, each the other's reader", both_write},
    {"pipe-own-end", "orphaned", false, "", "reader holds the only write end itself", own_end},
    {"pipe-own-end-watchdog", "none", false, "",
     "the same with a second thread, which naps and could write", own_end_watchdog},
    {"pipe-own-end-two-threads", "deadlock|orphaned", false, "",
     "two threads read, their process holds the only write end", own_end_two_threads},
    {"pipe-both-read", "deadlock", false, "", "two readers, each the other's writer", both_read},
    {"pipe-both-read-napper", "none", false, "",
     "the same, and one of the write ends has a copy with a napper", both_read_and_a_napper},
    {"pipe-writer-naps", "none", false, "", "reader, and a writer that naps", writer_naps},
    {"pipe-writer-pauses", "none", false, "",
     "reader, and a writer in pause, which a signal of anybody ends", writer_pauses},
    {"pipe-leaked-end", "none", false, "",
     "reader with an end of its own, and a bystander that naps has inherited one", leaked_end},
    {"pipe-leaked-end-pausing", "none", false, "", "the same, the bystander pauses",
     leaked_end_pausing},
    {"pipe-shared-table", "none", false, "",
     "reader with an end of its own; a napper, no thread, shares its descriptors", shared_table},
    {"pipe-unshared-thread", "none|stuck", false, "",
     "reader with an end of its own; one more has a napping thread with descriptors of its own",
     unshared_thread},
    {"pipe-undumpable-holder", "none|stuck", false, "",
     "reader with an end of its own; a napper that cannot be looked into has one too",
     undumpable_holder},
    {"pipe-own-end-in-namespace", "orphaned|stuck", false, "root",
     "the init of a pid namespace reads, with the only write end its own", own_end_in_namespace},
    {"pipe-writer-outside-namespace", "none|stuck", false, "root",
     "the same, and a napper outside of the namespace has an end", namespace_with_writer_outside},
    {"pipe-stopped-writer", "none", false, "", "reader, and a writer that is stopped",
     stopped_writer},
    {"pipe-jobserver", "none", false, "", "three workers pass one token through one pipe",
     jobserver},
    {"pipe-stopped-token-holder", "none", false, "",
     "one waits for the token, the other has it and is stopped", stopped_token_holder},
    {"pipe-token-ring", "none", false, "", "two tasks pass a token in a ring", token_ring},
    {"fifo-linked", "none", false, "", "reader with an end of its own; anybody may open the FIFO",
     fifo_linked},
    {"fifo-unlinked", "orphaned", false, "", "the same with the name gone", fifo_unlinked},
    {"fifo-unlinked-writer-naps", "none", false, "", "reader, and a writer that naps",
     fifo_unlinked_writer_naps},
    {"fifo-open", "none", false, "", "opens a FIFO that nobody has opened yet", fifo_open},
    {"pipe-end-in-flight", "none|stuck", false, "",
     "reader with an end of its own; one more is unread in a socket of a napper", end_in_flight},
};

}  // namespace
}  // namespace hangrate::waits
