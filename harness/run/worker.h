// SPDX-License-Identifier: GPL-2.0-or-later
//
// Worker: the supervisor's handle of one worker process and its slot. Sends commands, reads state,
// never waits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <sys/types.h>

#include "harness/base/clock.h"
#include "harness/base/unique_fd.h"
#include "harness/stats/range_set.h"
#include "harness/sys/arena.h"
#include "harness/sys/cgroup.h"
#include "harness/sys/run_record.h"
#include "harness/sys/slot.h"

namespace hangrate {

struct CellPlan;

class Worker {
 public:
  /// Starts a worker of `plan` for `lane` in arena slot `slot_index`.
  static Result<Worker> start(const CellPlan& plan, Arena& arena, const Cgroup& cgroup,
                              const RunRecord& record, std::size_t slot_index, std::uint32_t lane,
                              std::uint64_t id);

  std::uint64_t id() const { return id_; }
  std::uint32_t lane() const { return lane_; }
  std::size_t slot_index() const { return slot_index_; }
  pid_t pid() const { return pid_; }
  /// Started inside its cgroup, and did not have to enter it.
  bool entered_at_birth() const { return entered_at_birth_; }
  Nanos started() const { return started_; }
  protocol::Slot& slot() const { return *slot_; }
  std::string output() const;

  /// Orders trials. The worker must be idle.
  void lease(const IndexRange& range);
  void send(protocol::Verb verb);
  /// Has the last command been carried out?
  bool answered() const;
  /// Is the last command one that changes the worker's state? Until it was carried out, the state
  /// means nothing.
  bool orders_a_state() const {
    return last_ == protocol::Verb::Lease || last_ == protocol::Verb::Continue;
  }
  Nanos last_sent() const { return sent_at_; }
  /// Ends the lease after the trial in flight.
  void stop_soon() {
    slot_->stop.store(1);
    // Before any later look at its state: the worker stores released_ns and then looks at `stop`.
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }
  void stop_no_more() { slot_->stop.store(0, std::memory_order_release); }

  /// SIGKILL to it and everything of its session's first process group.
  void kill() const;

 private:
  Worker() = default;

  std::uint64_t id_ = 0;
  std::uint32_t lane_ = 0;
  std::size_t slot_index_ = 0;
  pid_t pid_ = -1;
  bool entered_at_birth_ = false;
  Nanos started_ = 0;
  protocol::Slot* slot_ = nullptr;
  std::uint32_t sequence_ = 0;
  protocol::Verb last_ = protocol::Verb::None;
  Nanos sent_at_ = 0;
  UniqueFd output_;
};

}  // namespace hangrate
