// SPDX-License-Identifier: GPL-2.0-or-later
//
// Waits for one of several things: epoll, poll, select. And eventfds, timerfds, what else is read.
#include <algorithm>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#include "stage.h"

namespace hangrate::waits {
namespace {

// ---- eventfd. ----

int counter(unsigned value, int flags) {
  return static_cast<int>(must(eventfd(value, flags | EFD_CLOEXEC), "eventfd"));
}
void count(int fd) {
  uint64_t value;
  must(read(fd, &value, sizeof value), "read");
}
void own_counter() {
  const int fd = counter(0, 0);
  start(SYS_read, {fd}, [=] { count(fd); });
}
void own_semaphore() {
  const int fd = counter(0, EFD_SEMAPHORE);
  start(SYS_read, {fd}, [=] { count(fd); });
}
void counter_of_napper() {
  const int fd = counter(0, 0);
  start(SYS_read, {fd}, [=] { count(fd); });
  start(SYS_clock_nanosleep, {fd}, nap);
}
void counter_of_parent() {
  start(SYS_wait4, {}, [] {
    const int fd = counter(0, 0);
    wait_for(start(SYS_read, {fd}, [=] { count(fd); }));
  });
}
/// poll(2) says writable, of one more; this adds too much.
void large_count() {
  const int fd = counter(5, 0);
  start(SYS_write, {fd}, [=] {
    const uint64_t value = ~1ULL;
    must(write(fd, &value, sizeof value), "write");
  });
  start(SYS_clock_nanosleep, {fd}, nap);
}

// ---- epoll. ----

int make_epoll() {
  return static_cast<int>(must(epoll_create1(EPOLL_CLOEXEC), "epoll_create1"));
}
void add(int epoll, int fd, uint32_t events) {
  epoll_event event = {};
  event.events = events;
  event.data.fd = fd;
  must(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}
void await_events(int epoll, int milliseconds) {
  epoll_event event;
  must(epoll_wait(epoll, &event, 1, milliseconds), "epoll_wait");
}
void epoll_own(int milliseconds) {
  start(kEpollWait, {}, [=] {
    const Ends ends = make_pipe();
    const int epoll = make_epoll();
    add(epoll, ends.read, EPOLLIN);
    await_events(epoll, milliseconds);
  });
}
void epoll_own_ends() {
  epoll_own(-1);
}
void epoll_own_ends_timeout() {
  epoll_own(3600 * 1000);
}
void epoll_nested() {
  start(kEpollWait, {}, [] {
    const Ends ends = make_pipe();
    const int inner = make_epoll(), outer = make_epoll();
    add(inner, ends.read, EPOLLIN);
    add(outer, inner, EPOLLIN);
    await_events(outer, -1);
  });
}
void epoll_writer_naps() {
  const Ends ends = make_pipe();
  start(kEpollWait, {ends.read}, [=] {
    const int epoll = make_epoll();
    add(epoll, ends.read, EPOLLIN);
    await_events(epoll, -1);
  });
  start(SYS_clock_nanosleep, {ends.write}, nap);
}
/// The byte stays unread and the event was taken: the pipe is readable, the epoll says no more.
void epoll_taken(uint32_t how) {
  const Ends ends = make_pipe();
  write_byte(ends.write);
  start(kEpollWait, {ends.read}, [=] {
    const int epoll = make_epoll();
    add(epoll, ends.read, EPOLLIN | how);
    await_events(epoll, -1);
    await_events(epoll, -1);
  });
  start(SYS_clock_nanosleep, {ends.write}, nap);
}
void epoll_edge_taken() {
  epoll_taken(EPOLLET);
}
void epoll_oneshot_fired() {
  epoll_taken(EPOLLONESHOT);
}
/// fdinfo names the number it was added by, which is another file by now.
void epoll_number_reused() {
  const Ends watched = make_pipe();
  start(kEpollWait, {watched.read}, [=] {
    const int epoll = make_epoll(), kept = fcntl(watched.read, F_DUPFD_CLOEXEC, 0);
    add(epoll, watched.read, EPOLLIN);
    const Ends own = make_pipe();
    must(dup2(own.read, watched.read), "dup2");
    if (kept < 0) fail("F_DUPFD_CLOEXEC");
    await_events(epoll, -1);
  });
  start(SYS_clock_nanosleep, {watched.write}, nap);
}
/// Whoever holds the epoll may add to it what is ready.
void epoll_held_by_napper() {
  const Ends ends = make_pipe();
  const int epoll = make_epoll();
  add(epoll, ends.read, EPOLLIN);
  start(kEpollWait, {epoll, ends.read, ends.write}, [=] { await_events(epoll, -1); });
  start(SYS_clock_nanosleep, {epoll}, nap);
}

// ---- poll and select. ----

void await_poll(std::vector<pollfd> waits, int milliseconds) {
  must(poll(waits.data(), waits.size(), milliseconds), "poll");
}
void poll_own(int milliseconds) {
  const Ends one = make_pipe(), other = make_pipe();
  start(kPoll, {one.read, one.write, other.read, other.write}, [=] {
    await_poll({{one.read, POLLIN, 0}, {other.read, POLLIN, 0}}, milliseconds);
  });
}
void poll_own_ends() {
  poll_own(-1);
}
void poll_own_ends_timeout() {
  poll_own(3600 * 1000);
}
void poll_one_open() {
  const Ends own = make_pipe(), open = make_pipe();
  start(kPoll, {own.read, own.write, open.read}, [=] {
    await_poll({{own.read, POLLIN, 0}, {open.read, POLLIN, 0}}, -1);
  });
  start(SYS_clock_nanosleep, {open.write}, nap);
}
/// Negative numbers are skipped, so it waits as pause(2) does.
void poll_nothing() {
  start(kPoll, {}, [] { await_poll({{-1, POLLIN, 0}}, -1); });
}
/// The socket is writable, which is not what is waited for.
void poll_other_event() {
  const Pair pair = make_pair(SOCK_STREAM);
  start(kPoll, {pair.one}, [=] { await_poll({{pair.one, POLLIN, 0}}, -1); });
  start(SYS_clock_nanosleep, {pair.other}, nap);
}
void poll_both() {
  const Pair pair = make_pair(SOCK_STREAM);
  start(kPoll, {pair.one}, [=] { await_poll({{pair.one, POLLIN, 0}}, -1); });
  start(kPoll, {pair.other}, [=] { await_poll({{pair.other, POLLIN, 0}}, -1); });
}
void select_own(bool timeout) {
  const Ends ends = make_pipe();
  start(SYS_pselect6, {ends.read, ends.write}, [=] {
    const timespec hour = {3600, 0};
    fd_set set;
    FD_ZERO(&set);
    FD_SET(ends.read, &set);
    must(syscall(SYS_pselect6, ends.read + 1, &set, nullptr, nullptr, timeout ? &hour : nullptr,
                 nullptr),
         "pselect6");
  });
}
void select_own_ends() {
  select_own(false);
}
void select_own_ends_timeout() {
  select_own(true);
}
struct SelectSets {
  fd_set read, write, except;
};
/// `sets` of what is below `beyond`; without a timeout.
void await_select(int beyond, SelectSets sets) {
  must(syscall(SYS_pselect6, beyond, &sets.read, &sets.write, &sets.except, nullptr, nullptr),
       "pselect6");
}
void select_both() {
  const Pair pair = make_pair(SOCK_STREAM);
  for (const int end : {pair.one, pair.other}) {
    start(SYS_pselect6, {end}, [=] {
      SelectSets sets = {};
      FD_SET(end, &sets.read);
      FD_SET(end, &sets.except);
      await_select(end + 1, sets);
    });
  }
}
/// Its bit is set, and is beyond the number of files: the call does not look at it.
void select_beyond() {
  const Ends ends = make_pipe(), open = make_pipe();
  const int beyond = std::max(ends.read, open.read);
  if (open.read != beyond) fail("the later pipe has the lower number");
  start(SYS_pselect6, {ends.read, ends.write, open.read}, [=] {
    SelectSets sets = {};
    FD_SET(ends.read, &sets.read);
    FD_SET(open.read, &sets.read);
    await_select(beyond, sets);
  });
  start(SYS_clock_nanosleep, {open.write}, nap);
}
/// Of the files in its three sets one can be made ready by a napper.
void select_one_open(bool writes) {
  const Ends own = make_pipe(), open = make_pipe();
  const int end = writes ? open.write : open.read, other = writes ? open.read : open.write;
  if (writes) fill(open.write);
  start(SYS_pselect6, {own.read, own.write, end}, [=] {
    SelectSets sets = {};
    FD_SET(own.read, &sets.read);
    FD_SET(end, writes ? &sets.write : &sets.read);
    await_select(std::max(own.read, end) + 1, sets);
  });
  start(SYS_clock_nanosleep, {other}, nap);
}
void select_reader_open() {
  select_one_open(true);
}
void select_writer_open() {
  select_one_open(false);
}
/// The peer is gone in one direction: a hang-up is no room, and no exception.
void select_hung_up() {
  const Pair pair = make_pair(SOCK_STREAM);
  start(SYS_pselect6, {pair.one}, [=] {
    SelectSets sets = {};
    must(shutdown(pair.one, SHUT_RDWR), "shutdown");
    FD_SET(pair.one, &sets.except);
    await_select(pair.one + 1, sets);
  });
  start(SYS_clock_nanosleep, {pair.other}, nap);
}
/// No file at all: it waits as pause(2) does.
void select_nothing() {
  start(SYS_pselect6, {}, [] { await_select(0, {}); });
}

// ---- Others that are read. ----

int make_timer(int seconds) {
  const int timer = static_cast<int>(must(timerfd_create(CLOCK_MONOTONIC, 0), "timerfd_create"));
  const itimerspec when = {{0, 0}, {seconds, 0}};
  must(timerfd_settime(timer, 0, &when, nullptr), "timerfd_settime");
  return timer;
}
void timer_armed() {
  const int timer = make_timer(3600);
  start(SYS_read, {timer}, [=] { count(timer); });
}
void timer_disarmed() {
  const int timer = make_timer(0);
  start(SYS_read, {timer}, [=] { count(timer); });
}
void epoll_timer_armed() {
  const int timer = make_timer(3600);
  start(kEpollWait, {timer}, [=] {
    const int epoll = make_epoll();
    add(epoll, timer, EPOLLIN);
    await_events(epoll, -1);
  });
}
void signal_descriptor() {
  start(SYS_read, {}, [] {
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGUSR1);
    sigprocmask(SIG_BLOCK, &wanted, nullptr);
    char bytes[128];
    must(read(signalfd(-1, &wanted, SFD_CLOEXEC), bytes, sizeof bytes), "read");
  });
}
void watched_folder() {
  start(SYS_read, {}, [] {
    const int watch = inotify_init1(IN_CLOEXEC);
    must(inotify_add_watch(watch, "/", IN_CREATE), "inotify_add_watch");
    read_byte(watch);
  });
}

const Family kEvents{
    {"eventfd-own", "orphaned", false, "", "reader of a counter that nobody else has", own_counter},
    {"eventfd-own-semaphore", "orphaned", false, "", "the same with EFD_SEMAPHORE", own_semaphore},
    {"eventfd-holder-naps", "none", false, "", "reader; another holder naps", counter_of_napper},
    {"eventfd-waiting-parent", "deadlock", false, "", "child reads, the other holder waits for it",
     counter_of_parent},
    {"eventfd-large-write", "none|stuck", false, "",
     "writer of more than fits, of which poll says writable; another holder naps", large_count},
    {"epoll-own-ends", "orphaned", false, "", "waits for a pipe of its own", epoll_own_ends},
    {"epoll-own-ends-timeout", "none", false, "", "the same with a timeout of an hour",
     epoll_own_ends_timeout},
    {"epoll-nested", "orphaned|stuck", false, "", "waits for an epoll that waits for its own pipe",
     epoll_nested},
    {"epoll-writer-naps", "none", false, "", "waits for a pipe whose writer naps",
     epoll_writer_naps},
    {"epoll-edge-taken", "none|stuck", false, "",
     "EPOLLET, the byte was reported and is unread; the writer naps", epoll_edge_taken},
    {"epoll-oneshot-fired", "none|stuck", false, "",
     "EPOLLONESHOT has fired, the byte is unread; the writer naps", epoll_oneshot_fired},
    {"epoll-number-reused", "none|stuck", false, "",
     "the number in fdinfo is another pipe, of its own, by now; the writer of the watched one naps",
     epoll_number_reused},
    {"epoll-held-by-napper", "none|stuck", false, "",
     "waits for a pipe of its own; a napper holds the epoll and may add to it",
     epoll_held_by_napper},
    {"poll-own-ends", "orphaned", false, "", "waits for two pipes of its own", poll_own_ends},
    {"poll-own-ends-timeout", "none", false, "", "the same with a timeout of an hour",
     poll_own_ends_timeout},
    {"poll-one-open", "none", false, "", "of its two pipes one has a writer that naps",
     poll_one_open},
    {"poll-nothing", "none", false, "", "no descriptor: only a signal ends it, as with pause",
     poll_nothing},
    {"poll-other-event", "none", false, "",
     "waits to read of a socket that is writable; the peer naps", poll_other_event},
    {"poll-both", "deadlock", false, "", "two that poll to read, each the other's peer", poll_both},
    {"select-own-ends", "orphaned", false, "", "waits for a pipe of its own", select_own_ends},
    {"select-own-ends-timeout", "none", false, "", "the same with a timeout of an hour",
     select_own_ends_timeout},
    {"select-both", "deadlock", false, "",
     "two that select to read or for exceptions, each the other's peer", select_both},
    {"select-beyond-files", "orphaned", false, "",
     "waits for a pipe of its own; a bit beyond the number of files names one whose writer naps",
     select_beyond},
    {"select-reader-naps", "none", false, "",
     "waits for a pipe of its own or for room in a full one, whose reader naps",
     select_reader_open},
    {"select-writer-naps", "none", false, "",
     "waits for a pipe of its own or for one whose writer naps", select_writer_open},
    {"select-hung-up", "none|stuck", false, "",
     "waits for an exception of a socket that is hung up, which is none; the peer naps",
     select_hung_up},
    {"select-nothing", "none", false, "", "no file: only a signal ends it, as with pause",
     select_nothing},
    {"timerfd-armed", "none", false, "", "reader of a timer of an hour", timer_armed},
    {"timerfd-disarmed", "none|stuck|orphaned", false, "", "reader of a timer that is not set",
     timer_disarmed},
    {"epoll-timerfd-armed", "none", false, "", "waits for a timer of an hour", epoll_timer_armed},
    {"signalfd", "none|stuck", false, "", "reader of signals that anybody may send",
     signal_descriptor},
    {"inotify", "none|stuck", false, "", "reader of what happens in a folder", watched_folder},
};

}  // namespace
}  // namespace hangrate::waits
