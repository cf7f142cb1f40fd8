// SPDX-License-Identifier: GPL-2.0-or-later
//
// Rendezvous: N parties meet, and each leaves a chosen time after the meeting. Threads or
// processes: it is one object in memory they share (for processes hang_share()), of atomics only.
// The last to arrive sets the time of departure, a little ahead, so that all see it in time; then
// each reads the clock until its own moment has come. Errors: one reading of the clock (20 to 60 ns
// natively), plus whatever takes a party's CPU away, which meet() returns as lateness.
//
// With fewer CPUs than parties nobody can leave at the same time: parties that wait yield, leave in
// the order of their delays, and a delay only says who goes first. Say so with `yields`.
#pragma once

#include "../hang.h"

namespace window {

class Rendezvous {
 public:
  /// For `parties`; with `yields` they hand the CPU on while they wait.
  explicit Rendezvous(uint32_t parties, bool yields = false) : parties_(parties), yields_(yields) {}

  enum : int64_t { kNobody = -1 };
  /// Arrives, waits for the others at most `at_most` ns, and returns `delay` ns after the meeting.
  /// Returns how late that is, ns; kNobody if the others did not come in time, after which this
  /// object must not be used again.
  int64_t meet(int64_t delay, int64_t at_most = 5000000000) {
    const int64_t early = reading() / 2, notice = 2000;  // ns: until a cache line has travelled
    const uint32_t meeting = meeting_.load(std::memory_order_acquire);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == parties_) {
      arrived_.store(0, std::memory_order_relaxed);
      departure_.store(hang_now() + notice, std::memory_order_relaxed);
      meeting_.store(meeting + 1, std::memory_order_release);
    } else {
      const int64_t limit = hang_now() + at_most;
      for (uint32_t round = 0; meeting_.load(std::memory_order_acquire) == meeting; ++round) {
        if ((round & 63) == 63 && hang_now() > limit) return kNobody;
        pause();
      }
    }
    const int64_t moment = departure_.load(std::memory_order_relaxed) + delay;
    int64_t now = hang_now();
    for (; now < moment - early; now = hang_now()) {
      if (yields_) pause();
    }
    return now > moment ? now - moment : 0;
  }

  /// Parties that have arrived for the next meeting.
  uint32_t arrived() const { return arrived_.load(std::memory_order_acquire); }

 private:
  /// What one reading of the clock takes, ns: a loop that reads until a moment has come ends half
  /// of it late on average.
  static int64_t reading() {
    static const int64_t cost = [] {
      int64_t least = 1000000000;
      for (int round = 0; round < 8; ++round) {
        const int64_t start = hang_now();
        for (int i = 0; i < 64; ++i) hang_now();
        const int64_t each = (hang_now() - start) / 64;
        least = each < least ? each : least;
      }
      return least;
    }();
    return cost;
  }
  void pause() const { hang_pause(yields_ ? 4 : 0); }

  const uint32_t parties_;
  const bool yields_;
  std::atomic<uint32_t> arrived_{0}, meeting_{0};
  std::atomic<int64_t> departure_{0};
};

}  // namespace window
