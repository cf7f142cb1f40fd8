// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/stats/dispersion.h"

#include <algorithm>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <random>
#include <vector>

#include "harness/base/check.h"

namespace hangrate {
namespace {

constexpr std::uint64_t kPlacedHits = 512;
constexpr int kPlacements = 1999;
/// So many placements as extreme as what was seen settle that it was nothing special; the p-value
/// is then their share so far (J. Besag, P. Clifford, Biometrika 78 (1991) 301-304).
constexpr int kClearlyCommon = 100;

double real(std::uint64_t count) {
  return static_cast<double>(count);
}

struct Sums {
  double trials = 0.0;
  double hits = 0.0;
  double squares = 0.0;  ///< of the cluster sizes
  double cubes = 0.0;
  double clusters = 0.0;
};

Sums sums_of(std::span<const Cluster> clusters) {
  Sums sums;
  for (const Cluster& cluster : clusters) {
    const double size = real(cluster.trials);
    sums.trials += size;
    sums.hits += real(cluster.hits);
    sums.squares += size * size;
    sums.cubes += size * size * size;
    sums.clusters += 1.0;
  }
  return sums;
}

/// Sum of (hits - expected hits)^2.
double spread(std::span<const Cluster> clusters, double rate) {
  double sum = 0.0;
  for (const Cluster& cluster : clusters) {
    const double off = real(cluster.hits) - real(cluster.trials) * rate;
    sum += off * off;
  }
  return sum;
}

/// Sum over all pairs of hits of how many clusters they lie apart.
double distance(std::span<const Cluster> clusters, std::uint64_t hits) {
  std::uint64_t left = 0;
  double sum = 0.0;
  for (const Cluster& cluster : clusters) {
    left += cluster.hits;
    sum += real(left) * real(hits - left);
  }
  return sum;
}

double tarone_z(double spread_seen, const Sums& sums, double rate) {
  const double scaled = spread_seen / (rate * (1.0 - rate));
  return (scaled - sums.trials) / std::sqrt(2.0 * (sums.squares - sums.trials));
}

/// Places `hits` hits on the trials of the clusters, every set of trials equally likely.
class Placer {
 public:
  explicit Placer(std::span<const Cluster> clusters) : placed_(clusters.begin(), clusters.end()) {
    for (const Cluster& cluster : clusters) {
      ends_.push_back(cluster.trials + (ends_.empty() ? 0 : ends_.back()));
    }
  }

  std::span<const Cluster> place(std::uint64_t hits) {
    for (Cluster& cluster : placed_) cluster.hits = 0;
    while (hits > 0) {
      // 53 random bits; std::uniform_int_distribution differs between standard libraries.
      const double unit = real(random_() >> 11) * 0x1.0p-53;
      const auto trial =
          std::min(static_cast<std::uint64_t>(unit * real(ends_.back())), ends_.back() - 1);
      const std::size_t at = cluster_of(trial, unit);
      Cluster& cluster = placed_[at];
      // Trials of a cluster are interchangeable: the last ones, as many as were hit, are taken.
      if (ends_[at] - trial <= cluster.hits) continue;
      ++cluster.hits;
      --hits;
    }
    return placed_;
  }

 private:
  /// Guesses as if all clusters were equal, which blocks nearly are, and walks to the right one.
  std::size_t cluster_of(std::uint64_t trial, double unit) const {
    auto at = static_cast<std::size_t>(unit * real(ends_.size()));
    while (at > 0 && trial < ends_[at - 1]) --at;
    while (trial >= ends_[at]) ++at;
    return at;
  }

  std::vector<Cluster> placed_;
  std::vector<std::uint64_t> ends_;
  std::mt19937_64 random_{20240607};
};

/// How much the hits bunch: their spread, and between equal spreads how near they are.
class Bunching {
 public:
  Bunching(std::span<const Cluster> clusters, std::uint64_t hits, double rate)
      : hits_(hits),
        rate_(rate),
        spread_(spread(clusters, rate)),
        distance_(distance(clusters, hits)) {}

  bool at_least_as_large(std::span<const Cluster> placed) const {
    constexpr double kSame = 1e-9;  // equal values summed in another order
    const double other = spread(placed, rate_);
    if (other > spread_ * (1.0 + kSame)) return true;
    return other >= spread_ * (1.0 - kSame) && distance(placed, hits_) <= distance_;
  }

 private:
  std::uint64_t hits_;
  double rate_;
  double spread_;
  double distance_;
};

/// Misses spread exactly as hits do, so the rarer of the two is placed.
double placement_p_value(std::vector<Cluster> clusters, std::uint64_t hits, std::uint64_t trials) {
  const std::uint64_t rarer = std::min(hits, trials - hits);
  if (rarer < hits) {
    for (Cluster& cluster : clusters) cluster.hits = cluster.trials - cluster.hits;
  }
  const Bunching seen(clusters, rarer, real(rarer) / real(trials));
  Placer placer(clusters);
  int larger = 0;
  for (int draw = 1; draw <= kPlacements; ++draw) {
    if (seen.at_least_as_large(placer.place(rarer))) ++larger;
    if (larger == kClearlyCommon) return static_cast<double>(larger) / draw;
  }
  return (1.0 + larger) / (1.0 + kPlacements);
}

/// For many hits the spread is a quadratic form of normal variables; a scaled chi-squared with its
/// mean and variance (F. Satterthwaite, Biometrics Bulletin 2 (1946) 110-114).
double many_hits_p_value(double spread_seen, const Sums& sums, double rate) {
  namespace policies = boost::math::policies;
  using NoThrow = policies::policy<policies::domain_error<policies::ignore_error>,
                                   policies::pole_error<policies::ignore_error>,
                                   policies::overflow_error<policies::ignore_error>,
                                   policies::underflow_error<policies::ignore_error>,
                                   policies::evaluation_error<policies::ignore_error>>;
  const double scaled = spread_seen / (rate * (1.0 - rate));
  const double mean = (sums.trials * sums.trials - sums.squares) / (sums.trials - 1.0);
  const double share = sums.squares / sums.trials;
  const double variance = 2.0 * (sums.squares - 2.0 * sums.cubes / sums.trials + share * share);
  const double freedom = 2.0 * mean * mean / variance;
  const double chi_squared = 2.0 * mean * scaled / variance;
  return boost::math::gamma_q(freedom / 2.0, chi_squared / 2.0, NoThrow());
}

/// Between- and within-cluster mean squares of the 0/1 outcomes, one-way analysis of variance.
double anova_rho(std::span<const Cluster> clusters, const Sums& sums, double rate) {
  if (sums.trials <= sums.clusters) return 0.0;
  double between = 0.0;
  double within = 0.0;
  for (const Cluster& cluster : clusters) {
    const double size = real(cluster.trials);
    const double own = real(cluster.hits) / size;
    between += size * (own - rate) * (own - rate);
    within += size * own * (1.0 - own);
  }
  between /= sums.clusters - 1.0;
  within /= sums.trials - sums.clusters;
  const double typical = (sums.trials - sums.squares / sums.trials) / (sums.clusters - 1.0);
  const double denominator = between + (typical - 1.0) * within;
  return denominator > 0.0 ? (between - within) / denominator : 0.0;
}

std::vector<Cluster> not_empty(std::span<const Cluster> all) {
  std::vector<Cluster> clusters;
  std::copy_if(all.begin(), all.end(), std::back_inserter(clusters),
               [](const Cluster& cluster) { return cluster.trials > 0; });
  return clusters;
}

}  // namespace

double intra_cluster_rho(std::span<const Cluster> all) {
  const std::vector<Cluster> clusters = not_empty(all);
  if (clusters.size() < 2) return 0.0;
  const Sums sums = sums_of(clusters);
  return anova_rho(clusters, sums, sums.hits / sums.trials);
}

DispersionResult test_dispersion(std::span<const Cluster> all) {
  const std::vector<Cluster> clusters = not_empty(all);
  std::uint64_t hits = 0;
  std::uint64_t trials = 0;
  for (const Cluster& cluster : clusters) {
    HR_CHECK(cluster.hits <= cluster.trials);
    hits += cluster.hits;
    trials += cluster.trials;
  }
  const std::uint64_t rarer = std::min(hits, trials - hits);
  DispersionResult result;
  if (clusters.size() < 2 || rarer < 2 || trials == clusters.size()) return result;

  const Sums sums = sums_of(clusters);
  const double rate = sums.hits / sums.trials;
  const double seen = spread(clusters, rate);
  result.tested = true;
  result.z = tarone_z(seen, sums, rate);
  result.p_value = rarer <= kPlacedHits ? placement_p_value(clusters, hits, trials)
                                        : many_hits_p_value(seen, sums, rate);
  result.rho = anova_rho(clusters, sums, rate);
  const double mean_cluster = sums.squares / sums.trials;
  result.design_effect = std::max(1.0, 1.0 + (mean_cluster - 1.0) * result.rho);
  result.overdispersed = result.p_value <= kDispersionAlpha;
  return result;
}

}  // namespace hangrate
