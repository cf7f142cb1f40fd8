// SPDX-License-Identifier: GPL-2.0-or-later
//
// Rendezvous: N parties meet, and each leaves a chosen time after the meeting. Threads or
// processes: it is one object in memory they share (for processes a MAP_SHARED mapping), of atomics
// only. The last to arrive sets the time of departure, a little ahead, so that all see it in time;
// then each reads the clock until its own moment has come. Errors: one reading of the clock (20 to
// 60 ns natively), plus whatever takes a party's CPU away, which leave() reports as lateness.
//
// With fewer CPUs than parties nobody can leave at the same time: parties that wait yield, leave
// in the order of their delays, and a delay only says who goes first. Say so with `yields`.
#pragma once

#include <atomic>
#include <cstdint>

#include "harness/base/clock.h"

namespace hangrate::kit {

class Rendezvous {
 public:
  /// For `parties`; with `yields` they hand the CPU on while they wait.
  explicit Rendezvous(std::uint32_t parties, bool yields = false)
      : parties_(parties), yields_(yields) {}

  /// Arrives, waits for the others at most `at_most` ns, and returns `delay` ns after the meeting.
  /// Returns how late that is, ns; kNobody if the others did not come in time, after which this
  /// object must not be used again.
  static constexpr Nanos kNobody = -1;
  Nanos meet(Nanos delay, Nanos at_most = 5 * kSecond);

  /// Parties that have arrived for the next meeting.
  std::uint32_t arrived() const { return arrived_.load(std::memory_order_acquire); }

 private:
  void pause() const;

  const std::uint32_t parties_;
  const bool yields_;
  std::atomic<std::uint32_t> arrived_{0};
  std::atomic<std::uint32_t> meeting_{0};
  std::atomic<Nanos> departure_{0};
};

}  // namespace hangrate::kit
