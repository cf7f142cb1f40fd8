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
#include <vector>

#include <gtest/gtest.h>

#include "harness/stats/boots.h"
#include "harness/stats/cell_result.h"

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

}  // namespace
}  // namespace hangrate
