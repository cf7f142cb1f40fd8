// SPDX-License-Identifier: GPL-2.0-or-later
//
// InterruptHold: takes the CPU from whatever runs on it, in hard interrupt context, at a chosen
// time and for long. A timerfd expires in the timer interrupt of the CPU it was armed on, and wakes
// its wait queue there (timerfd_tmrproc(), fs/timerfd.c) with no pause between entries; the length
// of the hold is a PollCrowd on it. The technique is Jann Horn's (2022, "Racing against the
// clock"), with poll(2) entries in place of his epoll entries. Kernel preemption is not needed, a
// second CPU for the victim is.
#pragma once

#include <cstddef>
#include <string>

#include "harness/base/clock.h"
#include "harness/base/unique_fd.h"
#include "repros/kit/race/poll_crowd.h"

namespace hangrate::kit {

class InterruptHold {
 public:
  /// Loads a timer with a crowd of `size`; the self-test (self_check.h) says how long it holds.
  /// Returns "" or what failed.
  std::string build(std::size_t size);

  /// Fires at `when` (CLOCK_MONOTONIC, ns) on the CPU of the calling task, which must be pinned to
  /// it. A time that has passed fires at once. A timer in flight is aimed anew.
  void arm(Nanos when) const;
  void disarm() const;

  explicit operator bool() const { return static_cast<bool>(timer_); }

 private:
  UniqueFd timer_;
  PollCrowd crowd_;
};

}  // namespace hangrate::kit
