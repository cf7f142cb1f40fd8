// SPDX-License-Identifier: GPL-2.0-or-later
//
// ShotSearch: which plan and which delay to try next, learned by all workers of a cell together.
// An arm is one (plan, delay). While searching, Thompson sampling: each arm has a Beta posterior of
// its hit rate, one value is drawn from each, and the arm with the highest is tried (Thompson 1933;
// Chapelle and Li 2011). Afterwards one arm is used for good, the one with the highest mean less
// one standard deviation. The table is shared memory that outlives workers: counts only, changed by
// atomics, no lock, nothing to wait for.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "crowd.h"

namespace window {

/// Every arm is tried this often before chance decides.
constexpr uint32_t kFirstTries = 3;
/// A near miss counts as this part of a hit. Small, so that an arm that only ever comes near loses
/// to one that hits once in ten.
constexpr double kNearWeight = 0.1;
/// An arm this much behind the best is as good: the plan that was declared first, the cheaper,
/// wins.
constexpr double kAsGood = 0.05;

/// splitmix64, as hang_random(), from a state of its own.
struct Stream {
  uint64_t state = 0;
  Stream(uint64_t seed, uint64_t stream) {
    uint64_t first = seed;
    state = hang_mix(&first) ^ (stream * 0xd1342543de82ef95ULL);
  }
  uint64_t next() { return hang_mix(&state); }
};

/// In `tries` of the arm behind the last one: somebody is appending it.
constexpr uint32_t kClaimed = 0xffffffff;

struct Posterior {
  double a = 1;
  double b = 1;
  double mean() const { return a / (a + b); }
  double deviation() const { return std::sqrt(a * b / ((a + b) * (a + b) * (a + b + 1))); }
};

inline Posterior posterior(const hang_arm& arm) {
  // Three loads, not one: a trial may end between them, so nothing may go below zero.
  const double tries = arm.tries.load(std::memory_order_relaxed);
  const double hits = arm.hits.load(std::memory_order_relaxed);
  const double near = std::max(arm.near.load(std::memory_order_relaxed) - hits, 0.0);
  const double gain = std::min(hits + kNearWeight * near, tries);
  return {1 + gain, 1 + tries - gain};
}

inline bool same_plan(const hang_shot& shot, const char* plan) {
  return strncmp(shot.plan, plan, sizeof shot.plan - 1) == 0;
}

inline double uniform(Stream& rng) {
  return (static_cast<double>(rng.next() >> 11) + 0.5) * 0x1p-53;
}

inline double normal(Stream& rng) {  // Box and Muller 1958
  const double radius = std::sqrt(-2 * std::log(uniform(rng)));
  return radius * std::cos(2 * M_PI * uniform(rng));
}

inline double draw_gamma(Stream& rng, double shape) {  // Marsaglia and Tsang 2000, shape >= 1
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  while (true) {
    const double x = normal(rng);
    const double v = (1 + c * x) * (1 + c * x) * (1 + c * x);
    if (v <= 0) continue;
    if (std::log(uniform(rng)) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
  }
}

/// One value of a Beta(a, b) distribution, a and b >= 1.
inline double draw_beta(Stream& rng, double a, double b) {
  const double x = draw_gamma(rng, a);
  return x / (x + draw_gamma(rng, b));
}

class ShotSearch {
 public:
  explicit ShotSearch(hang_search& table) : table_(table) {}

  /// The arm of `plan` and `delay`, appended if there is none; from now on it may be chosen.
  /// nullptr: the table is full, or another worker died while appending.
  hang_arm* declare(const char* plan, Nanos delay);
  /// Declares also what the table knows of `plan`, from earlier runs and from other workers.
  void adopt(const char* plan);
  /// Why this worker must not use the declared arms of `plan`; "" turns them on. The table only
  /// tells the reason: what fails for one worker may work for another.
  void turn(const char* plan, const char* off);

  /// The declared arm to try next, nullptr if none is on. Reads the table, `rng` decides.
  hang_arm* explore(Stream& rng) const;
  /// The best declared arm so far, nullptr if none is on.
  hang_arm* best() const;

 private:
  size_t count() const;
  bool is_on(const hang_arm* arm) const;
  hang_arm* find(const char* plan, Nanos delay);
  hang_arm* find_or_append(const char* plan, Nanos delay);

  hang_search& table_;
  std::vector<hang_arm*> declared_;
  std::vector<hang_arm*> off_;  // of declared_, by this worker's own test
};

inline size_t ShotSearch::count() const {
  return std::min<size_t>(table_.count.load(std::memory_order_acquire), HANG_MOST_ARMS);
}

inline hang_arm* ShotSearch::find(const char* plan, Nanos delay) {
  for (size_t i = 0; i < count(); ++i) {
    hang_arm& arm = table_.arms[i];
    if (arm.shot.delay_ns == delay && same_plan(arm.shot, plan)) return &arm;
  }
  return nullptr;
}

inline hang_arm* ShotSearch::declare(const char* plan, Nanos delay) {
  hang_arm* arm = find_or_append(plan, delay);
  const bool fresh = std::find(declared_.begin(), declared_.end(), arm) == declared_.end();
  if (arm != nullptr && fresh) declared_.push_back(arm);
  return arm;
}

inline void ShotSearch::adopt(const char* plan) {
  for (size_t i = 0; i < count(); ++i) {
    const hang_shot& shot = table_.arms[i].shot;
    if (same_plan(shot, plan)) declare(plan, shot.delay_ns);
  }
}

inline hang_arm* ShotSearch::find_or_append(const char* plan, Nanos delay) {
  constexpr int kAttempts = 1000;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (hang_arm* known = find(plan, delay)) return known;
    uint32_t next = table_.count.load(std::memory_order_acquire);
    if (next >= HANG_MOST_ARMS) return nullptr;
    hang_arm& arm = table_.arms[next];
    uint32_t unclaimed = 0;
    if (!arm.tries.compare_exchange_strong(unclaimed, kClaimed, std::memory_order_acq_rel)) {
      sched_yield();
      continue;
    }
    // The claim may be late: of an arm that was appended, and not yet tried, since `next` was read.
    if (table_.count.load(std::memory_order_acquire) != next) {
      arm.tries.fetch_sub(kClaimed, std::memory_order_acq_rel);
      continue;
    }
    arm.shot = {};
    strncpy(arm.shot.plan, plan, sizeof arm.shot.plan - 1);
    arm.shot.delay_ns = delay;
    arm.hits.store(0, std::memory_order_relaxed);
    arm.near.store(0, std::memory_order_relaxed);
    arm.tries.store(0, std::memory_order_relaxed);
    table_.count.store(next + 1, std::memory_order_release);
    return &arm;
  }
  return nullptr;
}

inline void ShotSearch::turn(const char* plan, const char* off) {
  for (hang_arm* arm : declared_) {
    if (!same_plan(arm->shot, plan)) continue;
    strncpy(arm->off, off, sizeof arm->off - 1);
    std::erase(off_, arm);
    if (off[0] != '\0') off_.push_back(arm);
  }
}

inline bool ShotSearch::is_on(const hang_arm* arm) const {
  return std::find(off_.begin(), off_.end(), arm) == off_.end();
}

inline hang_arm* ShotSearch::explore(Stream& rng) const {
  hang_arm* chosen = nullptr;
  hang_arm* untried = nullptr;
  double highest = -1;
  uint32_t fewest = kFirstTries;
  for (hang_arm* arm : declared_) {
    if (!is_on(arm)) continue;
    const uint32_t tries = arm->tries.load(std::memory_order_relaxed);
    if (tries < fewest) {
      fewest = tries;
      untried = arm;
    }
    if (untried != nullptr) continue;
    const Posterior known = posterior(*arm);
    const double drawn = draw_beta(rng, known.a, known.b);
    if (drawn > highest) {
      highest = drawn;
      chosen = arm;
    }
  }
  return untried != nullptr ? untried : chosen;
}

inline hang_arm* ShotSearch::best() const {
  const auto least = [](const hang_arm& arm) {
    const Posterior known = posterior(arm);
    return known.mean() - known.deviation();
  };
  double highest = -1;
  for (const hang_arm* arm : declared_) {
    if (is_on(arm)) highest = std::max(highest, least(*arm));
  }
  for (hang_arm* arm : declared_) {  // the cheaper plan first
    if (is_on(arm) && least(*arm) >= highest - kAsGood) return arm;
  }
  return nullptr;
}

}  // namespace window
