// SPDX-License-Identifier: GPL-2.0-or-later
//
// Interrupt: takes the CPU from whatever runs on it, in hard interrupt context, at a chosen time
// and for long. A timerfd expires in the timer interrupt of the CPU it was armed on, and wakes its
// wait queue there (timerfd_tmrproc(), fs/timerfd.c) with no pause between entries; the length of
// the hold is a Crowd on it. The technique is Jann Horn's (2022, "Racing against the clock"), with
// poll(2) entries in place of his epoll entries. Kernel preemption is not needed, a second CPU for
// the victim is.
#pragma once

#include <sys/timerfd.h>

#include "crowd.h"

namespace window {

class Interrupt {
 public:
  /// Loads a timer with a crowd of `size`; self_check.h says how long it holds. "" or what failed.
  std::string build(size_t size) {
    timer_.reset(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
    return timer_ < 0 ? failed("timerfd_create") : crowd_.gather(timer_, size);
  }
  bool built() const { return timer_ >= 0; }

  /// Fires at `when` (CLOCK_MONOTONIC, ns) on the CPU of the calling task, which must be pinned to
  /// it. A time that has passed fires at once. A timer in flight is aimed anew.
  void arm(Nanos when) const {
    when = std::max<Nanos>(when, 1);  // zero would disarm
    const itimerspec at{{0, 0}, {when / kSecond, when % kSecond}};
    timerfd_settime(timer_, TFD_TIMER_ABSTIME, &at, nullptr);
  }
  void disarm() const {
    const itimerspec never{};
    timerfd_settime(timer_, 0, &never, nullptr);
  }

 private:
  hang_fd timer_;
  Crowd crowd_;
};

}  // namespace window
