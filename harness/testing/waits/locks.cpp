// SPDX-License-Identifier: GPL-2.0-or-later
//
// Locks of files: flock, POSIX, those of an open file description; and the mutex of a pipe.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/socket.h>

#include "stage.h"

namespace hangrate::waits {
namespace {

int open_file(const char* name) {
  char path[96];
  snprintf(path, sizeof path, "%s/%s", folder(), name);
  return static_cast<int>(must(open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600), "open"));
}
bool try_flock(int fd) {
  return flock(fd, LOCK_EX | LOCK_NB) == 0;
}
void lock_flock(int fd) {
  must(flock(fd, LOCK_EX), "flock");
}
bool set_lock(int fd, int command, short type) {
  struct flock range = {};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  return fcntl(fd, command, &range) == 0;
}
void lock_posix(int fd) {
  if (!set_lock(fd, F_SETLKW, F_WRLCK)) fail("F_SETLKW");
}
void lock_ofd(int fd) {
  if (!set_lock(fd, F_OFD_SETLKW, F_WRLCK)) fail("F_OFD_SETLKW");
}

/// Takes `mine`, waits until somebody has `theirs`, and waits for it.
void cross_flocks(const char* mine, const char* theirs) {
  const int first = open_file(mine), second = open_file(theirs);
  lock_flock(first);
  for (; try_flock(second); short_nap(2)) flock(second, LOCK_UN);
  lock_flock(second);
}
void two_flocks() {
  folder();
  start(SYS_flock, {}, [] { cross_flocks("file", "other"); });
  start(SYS_flock, {}, [] { cross_flocks("other", "file"); });
}
/// The file that is held in flock is open in a third process too, which may unlock it.
void two_flocks_forked() {
  folder();
  start(SYS_flock, {}, [] {
    const int first = open_file("file"), second = open_file("other");
    lock_flock(first);
    start(SYS_clock_nanosleep, {first}, nap);
    for (; try_flock(second); short_nap(2)) flock(second, LOCK_UN);
    lock_flock(second);
  });
  start(SYS_flock, {}, [] { cross_flocks("other", "file"); });
}
void flock_of_napper() {
  const int held = open_file("file");
  lock_flock(held);
  start(SYS_clock_nanosleep, {held}, nap);
  start(SYS_flock, {}, [] { lock_flock(open_file("file")); });
}
/// /proc/locks names who took it, which is dead; a child has inherited the open file.
void flock_of_dead() {
  const int held = open_file("file");
  const pid_t taker = static_cast<pid_t>(must(fork(), "fork"));
  if (taker == 0) _exit(flock(held, LOCK_EX));
  must(waitpid(taker, nullptr, 0), "waitpid");
  start(SYS_clock_nanosleep, {held}, nap);
  start(SYS_flock, {}, [] { lock_flock(open_file("file")); });
}
void own_flock() {
  folder();
  start(SYS_flock, {}, [] {
    lock_flock(open_file("file"));
    lock_flock(open_file("file"));
  });
}

void cross_ofd(const char* mine, const char* theirs) {
  const int first = open_file(mine), second = open_file(theirs);
  lock_ofd(first);
  for (; set_lock(second, F_OFD_SETLK, F_WRLCK); short_nap(2))
    set_lock(second, F_OFD_SETLK, F_UNLCK);
  lock_ofd(second);
}
void two_ofd_locks() {
  folder();
  start(SYS_fcntl, {}, [] { cross_ofd("file", "other"); });
  start(SYS_fcntl, {}, [] { cross_ofd("other", "file"); });
}
void own_ofd() {
  folder();
  start(SYS_fcntl, {}, [] {
    lock_ofd(open_file("file"));
    lock_ofd(open_file("file"));
  });
}
void ofd_of_napper() {
  const int held = open_file("file");
  lock_ofd(held);
  start(SYS_clock_nanosleep, {held}, nap);
  start(SYS_fcntl, {}, [] { lock_ofd(open_file("file")); });
}
/// As two_flocks_forked(): a third process has one of the open file descriptions.
void two_ofd_locks_forked() {
  folder();
  start(SYS_fcntl, {}, [] {
    const int first = open_file("file"), second = open_file("other");
    lock_ofd(first);
    start(SYS_clock_nanosleep, {first}, nap);
    for (; set_lock(second, F_OFD_SETLK, F_WRLCK); short_nap(2))
      set_lock(second, F_OFD_SETLK, F_UNLCK);
    lock_ofd(second);
  });
  start(SYS_fcntl, {}, [] { cross_ofd("other", "file"); });
}
/// A third process has both files open, each by an open of its own: it holds nothing of the locks.
void two_ofd_locks_opened() {
  two_ofd_locks();
  start(SYS_clock_nanosleep, {}, [] {
    open_file("file");
    open_file("other");
    nap();
  });
}
/// Each waits for a range that the napper has, and has one of its own. /proc/locks names nobody.
void ofd_ranges_of_napper() {
  const int held = open_file("file");
  const auto take_range = [](int fd, off_t start, int command) {
    struct flock range = {};
    range.l_type = F_WRLCK;
    range.l_whence = SEEK_SET;
    range.l_start = start;
    range.l_len = 10;
    must(fcntl(fd, command, &range), "F_OFD_SETLK");
  };
  take_range(held, 0, F_OFD_SETLK);
  start(SYS_clock_nanosleep, {held}, nap);
  for (const off_t own : {10, 20})
    start(SYS_fcntl, {}, [=] {
      const int file = open_file("file");
      take_range(file, own, F_OFD_SETLK);
      take_range(file, 0, F_OFD_SETLKW);
    });
}
/// The name is gone, so nobody can open it again.
void unlinked_flock(bool holder_naps) {
  const int first = open_file("file"), second = open_file("file");
  char path[96];
  snprintf(path, sizeof path, "%s/file", folder());
  must(unlink(path), "unlink");
  lock_flock(first);
  if (holder_naps) start(SYS_clock_nanosleep, {first}, nap);
  start(SYS_flock, {first, second}, [=] { lock_flock(second); });
}
void unlinked_own_flock() {
  unlinked_flock(false);
}
void unlinked_flock_of_napper() {
  unlinked_flock(true);
}
/// Two POSIX locks that cross are EDEADLK; a lock and a pipe are not looked at together.
void posix_and_pipe() {
  const Ends ends = make_pipe();
  folder();
  start(SYS_read, {ends.read}, [=] {
    lock_posix(open_file("file"));
    read_byte(ends.read);
  });
  start(SYS_fcntl, {ends.write}, [] {
    const int file = open_file("file");
    for (; set_lock(file, F_SETLK, F_WRLCK); short_nap(2)) set_lock(file, F_SETLK, F_UNLCK);
    lock_posix(file);
  });
}
void posix_of_napper() {
  folder();
  start(SYS_clock_nanosleep, {}, [] {
    lock_posix(open_file("file"));
    nap();
  });
  start(SYS_fcntl, {}, [] {
    const int file = open_file("file");
    for (; set_lock(file, F_SETLK, F_WRLCK); short_nap(2)) set_lock(file, F_SETLK, F_UNLCK);
    lock_posix(file);
  });
}

/// splice(2) sleeps for the socket's data with the pipe's mutex held (v4.9 to v6.18 at least).
void splice_and_read(bool peer_reads) {
  const Pair pair = make_pair(SOCK_STREAM);
  const Ends ends = make_pipe();
  must(fcntl(ends.read, F_SETFL, O_NONBLOCK), "O_NONBLOCK");
  std::vector<int> reader = {ends.read};
  if (peer_reads) reader.push_back(pair.other);
  const pid_t splicer = start(SYS_splice, {pair.one, ends.write}, [=] {
    must(splice(pair.one, nullptr, ends.write, nullptr, 1, 0), "splice");
  });
  await_at(splicer, SYS_splice);
  start(SYS_read, reader, [=] { read_byte(ends.read); });
  if (!peer_reads) start(SYS_clock_nanosleep, {pair.other}, nap);
}
void splice_reader_is_peer() {
  splice_and_read(true);
}
void splice_peer_naps() {
  splice_and_read(false);
}

const Family kLocks{
    {"flock-crossing", "deadlock", false, "", "two tasks, each has the flock the other wants",
     two_flocks},
    {"flock-crossing-forked", "none", false, "",
     "the same, and a napper has inherited one of the locked files", two_flocks_forked},
    {"flock-holder-naps", "none", false, "", "waits for a flock, its holder naps", flock_of_napper},
    {"flock-taker-dead", "none", false, "",
     "waits for a flock; who took it is dead, the file lives on in a napper", flock_of_dead},
    {"flock-own", "orphaned", false, "",
     "waits for a flock that it has itself by another open of the file", own_flock},
    {"ofd-crossing", "deadlock", false, "",
     "two tasks, each has the lock of an open file description the other wants", two_ofd_locks},
    {"ofd-own", "orphaned", false, "",
     "waits for the lock of an open file description that it has by another open", own_ofd},
    {"ofd-holder-naps", "none", false, "", "the same, and the holder naps", ofd_of_napper},
    {"ofd-crossing-forked", "none", false, "",
     "as ofd-crossing, and a napper has inherited one of the open file descriptions",
     two_ofd_locks_forked},
    {"ofd-crossing-opened", "deadlock", false, "",
     "as ofd-crossing, and a napper has opened both files anew", two_ofd_locks_opened},
    {"ofd-ranges-of-napper", "none", false, "",
     "two wait for a range of a file that a napper has, and have ranges of their own",
     ofd_ranges_of_napper},
    {"flock-unlinked-own", "orphaned", false, "", "as flock-own, and the file has no name",
     unlinked_own_flock},
    {"flock-unlinked-holder-naps", "none", false, "", "the same, and a napper has the lock too",
     unlinked_flock_of_napper},
    {"posix-lock-and-pipe", "deadlock", false, "",
     "reader of a pipe has the POSIX lock that the writer waits for", posix_and_pipe},
    {"posix-lock-holder-naps", "none", false, "", "waits for a POSIX lock, its holder naps",
     posix_of_napper},
    {"splice-reader-is-peer", "deadlock|stuck", false, "",
     "splice from a socket into a pipe; the socket's peer is in read of that pipe, state D",
     splice_reader_is_peer},
    {"splice-peer-naps", "none|stuck", false, "", "the same, a napper has the peer",
     splice_peer_naps},
};

}  // namespace
}  // namespace hangrate::waits
