// SPDX-License-Identifier: GPL-2.0-or-later
//
// SupervisedWorker: for tests of a reproducer. Its trials in a process of their own, the test as
// their supervisor: it reads the slot, gives orders and waits for the end.
#pragma once

#include <csignal>
#include <cstdint>
#include <functional>

#include <sys/wait.h>
#include <unistd.h>

#include "repros/kit/futex.h"
#include "repros/kit/reproducer.h"
#include "repros/kit/shared.h"

namespace hangrate::kit {

class SupervisedWorker {
 public:
  SupervisedWorker() = default;
  ~SupervisedWorker() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  SupervisedWorker(const SupervisedWorker&) = delete;
  SupervisedWorker& operator=(const SupervisedWorker&) = delete;

  /// Forks; `work` runs in the child, its value is the exit code. False if there is no memory or no
  /// process to be had.
  bool start(const std::function<int(Context&)>& work) {
    if (!slot_ || !table_) return false;
    pid_ = ::fork();
    if (pid_ == 0) {
      Context context(*slot_, *table_, -1, true);
      ::_exit(work(context));
    }
    return pid_ > 0;
  }

  protocol::Slot& slot() const { return *slot_; }
  const protocol::SearchTable& table() const { return *table_; }
  bool parked() const { return protocol::state_of(*slot_) == protocol::WorkerState::Parked; }
  bool released() const { return slot_->released_ns.load() != 0; }

  /// The trial answers later: see answered().
  void order(protocol::Verb verb) {
    slot_->command.store(protocol::make_command(++sequence_, verb));
    futex_wake(slot_->command);
  }
  bool answered() const { return slot_->answered.load() == sequence_; }

  /// Waits for its end; -1 if a signal ended it.
  int exit_code() {
    int status = -1;
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  Shared<protocol::Slot> slot_;
  Shared<protocol::SearchTable> table_;
  pid_t pid_ = 0;
  std::uint32_t sequence_ = 0;
};

}  // namespace hangrate::kit
