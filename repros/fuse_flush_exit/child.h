// SPDX-License-Identifier: GPL-2.0-or-later
//
// Child: a forked process that its parent can wait for without ever blocking for good, and Mailbox:
// how children say that they are ready. The destructor of a Child does not wait for it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "harness/base/clock.h"
#include "harness/base/unique_fd.h"

namespace hangrate::fuse_flush_exit {

class Child {
 public:
  /// Forks, with more `clone_flags` if wanted (CLONE_NEWPID, CLONE_PARENT), and runs `body` in the
  /// child, which never returns from here. Returns "" or what failed.
  std::string start(std::uint64_t clone_flags, const std::function<void()>& body);
  /// Takes over a child that somebody else forked for us (CLONE_PARENT). Returns "" or what failed.
  std::string adopt(int pid);

  int pid() const { return pid_; }
  bool started() const { return pid_ > 0; }
  void kill() const;
  /// Reaps it if it is dead. True from then on, and for a child never started.
  bool reaped();
  /// Waits until reaped() may be true, at most `at_most` ns.
  void wait(Nanos at_most) const;
  /// Waits for its death, at most `at_most` ns. Returns reaped().
  bool reap_within(Nanos at_most);

 private:
  int pid_ = 0;
  UniqueFd pidfd_;
};

/// What a child says, once.
enum class News : char {
  Armed = 'a',        ///< it holds the file open
  LookupEaten = 'l',  ///< its server thread has read a LOOKUP and will not answer
  Failed = 'f',       ///< `error_number` says why
  Silence = 0,        ///< nothing came in time, or every sender is dead
};

struct Message {
  News news = News::Silence;
  int error_number = 0;
  int pid = 0;  ///< of the sender, in the receiver's pid namespace: translated by the kernel
};

class Mailbox {
 public:
  /// A new pair of sockets. Returns "" or what failed.
  std::string open();
  /// Keeps one end only: the parent reads, its children send.
  void keep_reader() { sender_.reset(); }
  void keep_sender() { reader_.reset(); }
  void close();

  /// The next message, or Silence after `at_most` ns or when all senders are gone.
  Message receive(Nanos at_most) const;
  /// From a child. Cannot block: a trial sends far less than the socket holds.
  void send(News news, int error_number = 0) const;

 private:
  UniqueFd reader_;
  UniqueFd sender_;
};

}  // namespace hangrate::fuse_flush_exit
