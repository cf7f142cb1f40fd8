// SPDX-License-Identifier: GPL-2.0-or-later
//
// Family: parent P and child C of one trial, with the pipe between them, as the worker W sees them.
// W is a third party: it never reads the pipe before drain() and nothing here waits for a member.
// W must be a child subreaper (adopt_orphans()), so that C becomes its child when P is killed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include <signal.h>
#include <sys/types.h>

#include "harness/base/clock.h"
#include "harness/base/unique_fd.h"
#include "repros/kit/shared.h"
#include "repros/pipe_full_child/ledger.h"
#include "repros/pipe_full_child/pipe_facts.h"
#include "repros/pipe_full_child/roles.h"

namespace hangrate::pipe_full_child {

/// How a family ended.
enum class Ending {
  Good,
  BytesLost,  ///< P read another number of bytes than C wrote
  Killed,     ///< P died by a signal
  Trouble,    ///< a system call failed that has no reason to, see Family::trouble()
};

/// What W sees of the family at one moment.
struct Look {
  WriteEnd write_end;
  int queued = -1;
  int capacity = -1;
  ParentStep step = ParentStep::Starting;
  char parent_state = '?';
  char child_state = '?';
  std::uint64_t written = 0;
  std::uint64_t read = 0;
};

class Family {
 public:
  Family() = default;
  ~Family() { disperse(); }
  Family(const Family&) = delete;
  Family& operator=(const Family&) = delete;

  /// Once per process. Returns "" or what failed.
  static std::string adopt_orphans();

  /// Makes a pipe and forks P, which forks C. `bytes` 0: a quarter more than the pipe's capacity,
  /// and so more than fits whatever the line length. The previous family must be over(). Returns ""
  /// or what failed.
  std::string start(Story story, std::uint64_t bytes, std::size_t line);

  /// True once P and C are gone and reaped. Goes on draining if drain() was called.
  bool over();

  /// Waits until P ends, at most `at_most` ns. Returns at once if P is gone and only C is left.
  void wait(Nanos at_most) const;
  /// True if wait() can do better than a nap.
  bool can_wait() const { return pidfd_ && !parent_gone_ && !reader_; }

  /// The cheap part of look().
  bool pipe_is_full() const { return write_end_ && !look_at_write_end(write_end_.get()).room; }

  Look look() const;

  /// Empties the pipe now and at every over(), so that its writers can end. Never blocks: opening
  /// /proc/self/fd makes a file description of its own, so O_NONBLOCK is this reader's alone and
  /// the descriptions that P and C use keep their mode. False: no /proc.
  bool drain();

  int parent() const { return parent_; }
  int child() const { return ledger_ ? ledger_->child.load() : 0; }
  std::uint64_t bytes() const { return script_.bytes; }
  /// Descriptor number of the pipe's read end in P.
  int read_end_of_parent() const { return script_.read_fd; }

  Ending ending() const;
  std::string trouble() const { return std::strerror(ledger_->trouble.load()); }

  /// Ends a family that is not over: kills P, and C with it. Waits for a second at most.
  void disperse();

 private:
  void read_what_is_there();
  void close_all();

  kit::Shared<Ledger> ledger_;
  Script script_;
  std::vector<char> line_;
  UniqueFd write_end_;
  UniqueFd reader_;
  UniqueFd pidfd_;
  pid_t parent_ = 0;
  bool parent_gone_ = false;
  siginfo_t status_{};
};

}  // namespace hangrate::pipe_full_child
