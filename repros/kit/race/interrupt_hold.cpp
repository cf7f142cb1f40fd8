// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/kit/race/interrupt_hold.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <sys/timerfd.h>

namespace hangrate::kit {

std::string InterruptHold::build(std::size_t size) {
  timer_.reset(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  if (!timer_) return std::string("timerfd_create: ") + std::strerror(errno);
  return crowd_.gather(timer_.get(), size);
}

void InterruptHold::arm(Nanos when) const {
  itimerspec at{};
  at.it_value = to_timespec(std::max<Nanos>(when, 1));  // zero would disarm
  ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &at, nullptr);
}

void InterruptHold::disarm() const {
  const itimerspec never{};
  ::timerfd_settime(timer_.get(), 0, &never, nullptr);
}

}  // namespace hangrate::kit
