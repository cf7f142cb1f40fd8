// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/kit/race/rendezvous.h"

#include <algorithm>

#include <sched.h>

namespace hangrate::kit {

namespace {

/// Until every party has seen the time of departure: a cache line has to travel.
constexpr Nanos kNotice = 2 * kMicro;

/// What one reading of the clock takes, ns: a loop that reads until a moment has come ends half of
/// it late on average.
Nanos reading() {
  static const Nanos cost = [] {
    constexpr int kReadings = 64;
    Nanos least = kSecond;
    for (int round = 0; round < 8; ++round) {
      const Nanos start = now_ns();
      for (int i = 0; i < kReadings; ++i) (void)now_ns();
      least = std::min(least, (now_ns() - start) / kReadings);
    }
    return least;
  }();
  return cost;
}

}  // namespace

void Rendezvous::pause() const {
  if (yields_) {
    ::sched_yield();
    return;
  }
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
}

Nanos Rendezvous::meet(Nanos delay, Nanos at_most) {
  const Nanos early = reading() / 2;
  const std::uint32_t meeting = meeting_.load(std::memory_order_acquire);
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == parties_) {
    arrived_.store(0, std::memory_order_relaxed);
    departure_.store(now_ns() + kNotice, std::memory_order_relaxed);
    meeting_.store(meeting + 1, std::memory_order_release);
  } else {
    const Nanos limit = now_ns() + at_most;
    for (std::uint32_t round = 0; meeting_.load(std::memory_order_acquire) == meeting; ++round) {
      if ((round & 63) == 63 && now_ns() > limit) return kNobody;
      pause();
    }
  }
  const Nanos moment = departure_.load(std::memory_order_relaxed) + delay;
  Nanos now = now_ns();
  for (; now < moment - early; now = now_ns()) {
    if (yields_) pause();
  }
  return std::max<Nanos>(now - moment, 0);
}

}  // namespace hangrate::kit
