// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/kit/race/shot_search.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>

#include <sched.h>

#include "harness/model/record.h"

namespace hangrate::kit {

namespace {

using protocol::Arm;

/// In `tries` of the arm behind the last one: somebody is appending it.
constexpr std::uint32_t kClaimed = 0xffffffff;

struct Posterior {
  double a = 1;
  double b = 1;
  double mean() const { return a / (a + b); }
  double deviation() const { return std::sqrt(a * b / ((a + b) * (a + b) * (a + b + 1))); }
};

Posterior posterior(const Arm& arm) {
  // Three loads, not one: a trial may end between them, so nothing may go below zero.
  const double tries = arm.tries.load(std::memory_order_relaxed);
  const double hits = arm.hits.load(std::memory_order_relaxed);
  const double near = std::max(arm.near.load(std::memory_order_relaxed) - hits, 0.0);
  const double gain = std::min(hits + ShotSearch::kNearWeight * near, tries);
  return {1 + gain, 1 + tries - gain};
}

bool same_plan(const protocol::Shot& shot, const char* plan) {
  return std::strncmp(shot.plan, plan, sizeof shot.plan - 1) == 0;
}

double uniform(Rng& rng) {
  return (static_cast<double>(rng.next() >> 11) + 0.5) * 0x1p-53;
}

double normal(Rng& rng) {  // Box and Muller 1958
  const double radius = std::sqrt(-2 * std::log(uniform(rng)));
  return radius * std::cos(2 * std::numbers::pi * uniform(rng));
}

double draw_gamma(Rng& rng, double shape) {  // Marsaglia and Tsang 2000, shape >= 1
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  while (true) {
    const double x = normal(rng);
    const double v = (1 + c * x) * (1 + c * x) * (1 + c * x);
    if (v <= 0) continue;
    if (std::log(uniform(rng)) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
  }
}

}  // namespace

double draw_beta(Rng& rng, double a, double b) {
  const double x = draw_gamma(rng, a);
  return x / (x + draw_gamma(rng, b));
}

std::size_t ShotSearch::count() const {
  return std::min<std::size_t>(table_.count.load(std::memory_order_acquire), protocol::kMaxArms);
}

Arm* ShotSearch::find(const char* plan, Nanos delay) {
  for (std::size_t i = 0; i < count(); ++i) {
    Arm& arm = table_.arms[i];
    if (arm.shot.delay_ns == delay && same_plan(arm.shot, plan)) return &arm;
  }
  return nullptr;
}

Arm* ShotSearch::declare(const char* plan, Nanos delay) {
  Arm* arm = find_or_append(plan, delay);
  const bool fresh = std::find(declared_.begin(), declared_.end(), arm) == declared_.end();
  if (arm != nullptr && fresh) declared_.push_back(arm);
  return arm;
}

void ShotSearch::adopt(const char* plan) {
  for (std::size_t i = 0; i < count(); ++i) {
    const protocol::Shot& shot = table_.arms[i].shot;
    if (same_plan(shot, plan)) declare(plan, shot.delay_ns);
  }
}

Arm* ShotSearch::find_or_append(const char* plan, Nanos delay) {
  constexpr int kAttempts = 1000;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (Arm* known = find(plan, delay)) return known;
    std::uint32_t next = table_.count.load(std::memory_order_acquire);
    if (next >= protocol::kMaxArms) return nullptr;
    Arm& arm = table_.arms[next];
    std::uint32_t unclaimed = 0;
    if (!arm.tries.compare_exchange_strong(unclaimed, kClaimed, std::memory_order_acq_rel)) {
      ::sched_yield();
      continue;
    }
    // The claim may be late: of an arm that was appended, and not yet tried, since `next` was read.
    if (table_.count.load(std::memory_order_acquire) != next) {
      arm.tries.fetch_sub(kClaimed, std::memory_order_acq_rel);
      continue;
    }
    arm.shot = {};
    std::strncpy(arm.shot.plan, plan, sizeof arm.shot.plan - 1);
    arm.shot.delay_ns = delay;
    arm.hits.store(0, std::memory_order_relaxed);
    arm.near.store(0, std::memory_order_relaxed);
    arm.tries.store(0, std::memory_order_relaxed);
    table_.count.store(next + 1, std::memory_order_release);
    return &arm;
  }
  return nullptr;
}

void ShotSearch::turn(const char* plan, const char* off) {
  for (Arm* arm : declared_) {
    if (!same_plan(arm->shot, plan)) continue;
    std::strncpy(arm->off, off, sizeof arm->off - 1);
    std::erase(off_, arm);
    if (off[0] != '\0') off_.push_back(arm);
  }
}

bool ShotSearch::is_on(const Arm* arm) const {
  return std::find(off_.begin(), off_.end(), arm) == off_.end();
}

Arm* ShotSearch::explore(Rng& rng) const {
  Arm* chosen = nullptr;
  Arm* untried = nullptr;
  double highest = -1;
  std::uint32_t fewest = kFirstTries;
  for (Arm* arm : declared_) {
    if (!is_on(arm)) continue;
    const std::uint32_t tries = arm->tries.load(std::memory_order_relaxed);
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

Arm* ShotSearch::best() const {
  const auto least = [](const Arm& arm) {
    const Posterior known = posterior(arm);
    return known.mean() - known.deviation();
  };
  double highest = -1;
  for (const Arm* arm : declared_) {
    if (is_on(arm)) highest = std::max(highest, least(*arm));
  }
  for (Arm* arm : declared_) {  // the cheaper plan first
    if (is_on(arm) && least(*arm) >= highest - kAsGood) return arm;
  }
  return nullptr;
}

}  // namespace hangrate::kit
