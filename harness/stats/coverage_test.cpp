// SPDX-License-Identifier: GPL-2.0-or-later
//
// Simulations: how often the intervals over boots hold the true rate, and how often the test for
// bursts fires on independent trials, under every stop rule. Seeded; small in the gate, 10^4 runs
// with HANGRATE_FULL_SIMULATION set, which also prints what it measured.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "harness/stats/boots.h"
#include "harness/stats/cell_result.h"
#include "harness/stats/stop_rule.h"

namespace hangrate {
namespace {

using Random = std::mt19937_64;

bool full() {
  return std::getenv("HANGRATE_FULL_SIMULATION") != nullptr;
}

int runs_of(int small) {
  return full() ? 10'000 : small;
}

/// Band for a share that was simulated `runs` times: four standard errors wider at either end when
/// few are, the band itself in full size.
double slack(double share, int runs) {
  return full() ? 0.0 : 4.0 * std::sqrt(share * (1.0 - share) / runs);
}

struct Shape {
  std::size_t boots;
  std::uint64_t trials;  ///< of each boot
  double rate;
};

/// Every boot has its own rate, Beta with mean `rate` and intra-boot correlation `rho`.
std::vector<Cluster> draw_boots(const Shape& shape, double rho, Random& random) {
  std::vector<Cluster> boots(shape.boots, Cluster{shape.trials, 0});
  const double weight = rho > 0.0 ? 1.0 / rho - 1.0 : 1.0;
  std::gamma_distribution<double> a(shape.rate * weight, 1.0);
  std::gamma_distribution<double> b((1.0 - shape.rate) * weight, 1.0);
  for (Cluster& boot : boots) {
    double own = shape.rate;
    if (rho > 0.0) {
      const double x = a(random);
      own = x / (x + b(random));
    }
    boot.hits = std::binomial_distribution<std::uint64_t>(boot.trials, own)(random);
  }
  return boots;
}

using Intervals = std::function<Interval(const std::vector<Cluster>&)>;

double coverage(const char* name, const Shape& shape, double rho, int runs,
                const Intervals& interval_of) {
  Random random(11);
  int covered = 0;
  for (int run = 0; run < runs; ++run) {
    const Interval seen = interval_of(draw_boots(shape, rho, random));
    if (seen.low <= shape.rate && shape.rate <= seen.high) ++covered;
  }
  const double share = static_cast<double>(covered) / runs;
  if (full()) {
    std::printf("%s: %2zu boots of %4llu, p %g, rho %g: covers %.2f %%\n", name, shape.boots,
                static_cast<unsigned long long>(shape.trials), shape.rate, rho, 100 * share);
  }
  return share;
}

Interval over_boots(const std::vector<Cluster>& boots) {
  return bound_over_boots(boots, 0.95).interval;
}

Interval as_independent(const std::vector<Cluster>& boots) {
  Cluster all;
  for (const Cluster& boot : boots) {
    all.trials += boot.trials;
    all.hits += boot.hits;
  }
  return clopper_pearson(all.hits, all.trials, 0.95);
}

constexpr Shape kFive[] = {{5, 200, 0.01}, {5, 200, 0.1}, {5, 1000, 0.01}, {5, 1000, 0.1}};
constexpr Shape kOther[] = {{2, 500, 0.01}, {2, 500, 0.1},  {3, 333, 0.01},
                            {3, 333, 0.1},  {20, 50, 0.01}, {20, 50, 0.1}};

TEST(Coverage, OfFiveBootsThatDifferAsStatedIsAtLeast93Percent) {
  const int runs = runs_of(400);
  for (const Shape& shape : kFive) {
    const double seen = coverage("boots", shape, kStatedRho, runs, over_boots);
    EXPECT_GE(seen, 0.93 - slack(0.93, runs)) << shape.trials << " " << shape.rate;
  }
}

TEST(Coverage, OfFiveBootsThatDoNotDifferIs94To99Percent) {
  const int runs = runs_of(400);
  for (const Shape& shape : kFive) {
    const double seen = coverage("boots", shape, 0.0, runs, over_boots);
    EXPECT_GE(seen, 0.94 - slack(0.94, runs)) << shape.trials << " " << shape.rate;
    EXPECT_LE(seen, 0.99 + slack(0.99, runs)) << shape.trials << " " << shape.rate;
  }
}

TEST(Coverage, HoldsBetweenNoneAndTwiceTheStatedCorrelation) {
  const int runs = runs_of(200);
  for (const Shape& shape : kFive) {
    for (const double rho : {0.002, 0.01, 0.02, 0.1}) {
      const double seen = coverage("boots", shape, rho, runs, over_boots);
      EXPECT_GE(seen, 0.93 - slack(0.93, runs)) << shape.trials << " " << shape.rate << " " << rho;
    }
  }
}

TEST(Coverage, HoldsForTwoBootsAndForTwenty) {
  const int runs = runs_of(200);
  for (const Shape& shape : kOther) {
    for (const double rho : {0.0, 0.01, kStatedRho}) {
      const double seen = coverage("boots", shape, rho, runs, over_boots);
      EXPECT_GE(seen, 0.93 - slack(0.93, runs)) << shape.boots << " " << shape.rate << " " << rho;
    }
  }
}

/// If this one ever covers, the bound over boots is for nothing.
TEST(Coverage, OfTheTrialsAsIndependentOnesIsFarTooSmallWhereBootsDiffer) {
  const int runs = runs_of(400);
  for (const Shape& shape : kFive) {
    EXPECT_LE(coverage("independent", shape, kStatedRho, runs, as_independent), 0.65);
  }
}

/// One run of independent trials, by workers that take leases of eight and hits that take long.
struct Plan {
  EndReason end;
  double hits;  ///< how many are expected, or wanted
  int workers = 1;
  double cost = 100;  ///< time of a hit; that of any other trial is 1
};

constexpr double kRate = 0.01;

class Run {
 public:
  Run(const Plan& plan, Random& random) : plan_(plan), random_(random), result_(spec()) {
    for (int worker = 0; worker < plan.workers; ++worker) start(worker, 0.0);
    while (!in_flight_.empty()) end_one();
    result_.apply(CellEndRecord{.reason = plan.end});
  }

  RateEstimate estimate(bool aware) const {
    if (aware) return result_.estimate(0.95, wanted());
    CellResult unaware = result_;
    unaware.apply(CellEndRecord{.reason = EndReason::Trials});
    return unaware.estimate(0.95);
  }

 private:
  struct Trial {
    double end;
    std::uint64_t index;
    int worker;
    bool hit;
  };
  struct Lease {
    std::uint64_t next = 0;
    std::uint64_t left = 0;
  };

  bool ends_at(EndReason reason) const { return reason == plan_.end; }
  std::uint64_t wanted() const { return static_cast<std::uint64_t>(plan_.hits); }
  double budget() const { return plan_.hits * (1.0 / kRate + plan_.cost) / plan_.workers; }
  std::uint64_t trials() const {
    return ends_at(EndReason::Trials) ? static_cast<std::uint64_t>(plan_.hits / kRate) : 0;
  }

  CellSpec spec() const {
    CellSpec spec;
    spec.trials = trials();
    spec.workers = plan_.workers;
    return spec;
  }

  void start(int worker, double now) {
    if (stopped_) return;
    Lease& lease = leases_[static_cast<std::size_t>(worker)];
    if (lease.left == 0) {
      lease = {fresh_, 8};
      fresh_ += 8;
    }
    if (trials() > 0 && lease.next >= trials()) return;
    --lease.left;
    const bool hit = unit_(random_) < kRate;
    const double took = (hit ? plan_.cost : 1.0) * (0.5 + unit_(random_));
    in_flight_.push_back({now + took, lease.next++, worker, hit});
  }

  void end_one() {
    const auto first =
        std::min_element(in_flight_.begin(), in_flight_.end(),
                         [](const Trial& a, const Trial& b) { return a.end < b.end; });
    const Trial trial = *first;
    in_flight_.erase(first);
    if (trial.hit) {
      TrialRecord record;
      record.verdict = {.outcome = Outcome::Hang, .signature = SignatureMatch::Match};
      record.observation.trial = trial.index;
      result_.apply(record);
    } else {
      result_.apply(BatchRecord{.first = trial.index, .count = 1});
    }
    stopped_ = stopped_ || stops(trial.end);
    start(trial.worker, trial.end);
  }

  bool stops(double now) const {
    const Tally& tally = result_.tally();
    if (ends_at(EndReason::Hits)) return tally.reproductions() >= wanted();
    if (ends_at(EndReason::Budget)) return now >= budget();
    return ends_at(EndReason::Excluded) &&
           decide({.until_excluded = Exclusion{.rate = 3.0 * kRate / plan_.hits}}, tally, 0) !=
               EndReason::None;
  }

  const Plan& plan_;
  Random& random_;
  std::uniform_real_distribution<double> unit_{0.0, 1.0};
  CellResult result_;
  Lease leases_[8];
  std::vector<Trial> in_flight_;
  std::uint64_t fresh_ = 0;
  bool stopped_ = false;
};

struct Fired {
  double tested = 0.0;   ///< share of all runs
  double fired = 0.0;    ///< share of those tested
  double unaware = 0.0;  ///< the same if the run had not said how it ended
};

Fired fired_on(const Plan& plan, int runs, bool ask_unaware) {
  Random random(12);
  Fired fired;
  int unaware_tested = 0;
  for (int run = 0; run < runs; ++run) {
    const Run made(plan, random);
    const DispersionResult seen = made.estimate(true).dispersion;
    const DispersionResult unaware =
        ask_unaware ? made.estimate(false).dispersion : DispersionResult{};
    fired.tested += seen.tested ? 1 : 0;
    fired.fired += seen.overdispersed ? 1 : 0;
    fired.unaware += unaware.overdispersed ? 1 : 0;
    unaware_tested += unaware.tested ? 1 : 0;
  }
  fired.fired /= std::max(1.0, fired.tested);
  fired.unaware /= std::max(1, unaware_tested);
  fired.tested /= runs;
  if (full()) {
    std::printf(
        "bursts: %-8s %2g hits, %d workers: tested %.1f %%, fires on %.2f %% of these "
        "(unaware %.2f %%)\n",
        end_name(plan.end), plan.hits, plan.workers, 100 * fired.tested, 100 * fired.fired,
        100 * fired.unaware);
  }
  return fired;
}

void expect_level(std::initializer_list<Plan> plans) {
  const int runs = runs_of(80);
  for (const Plan& plan : plans) {
    const Fired seen = fired_on(plan, runs, full());
    const double least = full() ? 0.03 : 0.0;
    EXPECT_GE(seen.fired, least) << end_name(plan.end) << " " << plan.hits << " " << plan.workers;
    EXPECT_LE(seen.fired, 0.07 + slack(0.05, static_cast<int>(runs * seen.tested)))
        << end_name(plan.end) << " " << plan.hits << " " << plan.workers;
  }
}

TEST(BurstTest, KeepsItsLevelWhereTheRunEndsAtTrials) {
  expect_level({{EndReason::Trials, 3},
                {EndReason::Trials, 5},
                {EndReason::Trials, 10},
                {EndReason::Trials, 30},
                {EndReason::Trials, 10, 4}});
}

TEST(BurstTest, KeepsItsLevelWhereTheRunEndsAtHits) {
  expect_level({{EndReason::Hits, 3},
                {EndReason::Hits, 4},
                {EndReason::Hits, 6},
                {EndReason::Hits, 11},
                {EndReason::Hits, 31},
                {EndReason::Hits, 6, 4}});
}

TEST(BurstTest, KeepsItsLevelWhereTheRunEndsAtAnExcludedRate) {
  expect_level({{EndReason::Excluded, 3}, {EndReason::Excluded, 5}, {EndReason::Excluded, 10}});
}

TEST(BurstTest, KeepsItsLevelWhereTheRunEndsAtABudget) {
  expect_level({{EndReason::Budget, 3},
                {EndReason::Budget, 5},
                {EndReason::Budget, 10},
                {EndReason::Budget, 30},
                {EndReason::Budget, 6, 4}});
}

/// Two hits are one too few: the one that is left says nothing of bursts.
TEST(BurstTest, SaysNothingOfARunThatEndsAtTwoHits) {
  const Fired seen = fired_on({EndReason::Hits, 2}, runs_of(80), true);
  EXPECT_EQ(seen.tested, 0.0);
  EXPECT_GT(seen.unaware, 0.15) << "the reason to leave the last one out";
}

/// The mean of (r - 1) / (n - 1) is the rate; that of r / n is not.
TEST(RateEstimate, OfRunsThatEndAtHitsHasAnUnbiasedPoint) {
  const int runs = runs_of(800);
  Random random(13);
  double unbiased = 0.0;
  double point = 0.0;
  for (int run = 0; run < runs; ++run) {
    std::negative_binomial_distribution<std::uint64_t> misses(3, kRate);
    CellResult result{CellSpec{}};
    const std::uint64_t clean = misses(random);
    result.apply(BatchRecord{.first = 0, .count = clean});
    for (std::uint64_t hit = 0; hit < 3; ++hit) {
      TrialRecord record;
      record.verdict = {.outcome = Outcome::Hang, .signature = SignatureMatch::Match};
      record.observation.trial = clean + hit;
      result.apply(record);
    }
    result.apply(CellEndRecord{.reason = EndReason::Hits});
    const RateEstimate seen = result.estimate(0.95, 3);
    ASSERT_TRUE(seen.unbiased_point);
    unbiased += *seen.unbiased_point / runs;
    point += seen.point / runs;
  }
  EXPECT_NEAR(unbiased, kRate, 0.001);
  EXPECT_GT(point, 1.3 * kRate);
}

}  // namespace
}  // namespace hangrate
