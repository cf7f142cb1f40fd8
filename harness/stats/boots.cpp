// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/stats/boots.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "harness/base/check.h"
#include "harness/stats/dispersion.h"
#include "harness/stats/effective.h"
#include "harness/stats/smallest.h"

namespace hangrate {
namespace {

double real(std::uint64_t count) {
  return static_cast<double>(count);
}

/// log Gamma(x + count) / Gamma(x)
double log_rising(double x, std::uint64_t count) {
  return count == 0 ? 0.0 : std::lgamma(x + real(count)) - std::lgamma(x);
}

double log_binomial(double hits, double misses, double rate) {
  return hits * std::log(rate) + misses * std::log1p(-rate);
}

/// Beta-binomial, without the binomial coefficients, which log_binomial() lacks too.
double log_beta_binomial(std::span<const Cluster> boots, double rate, double rho) {
  const double weight = 1.0 / rho - 1.0;
  double sum = 0.0;
  for (const Cluster& boot : boots) {
    sum += log_rising(rate * weight, boot.hits) +
           log_rising((1.0 - rate) * weight, boot.trials - boot.hits) -
           log_rising(weight, boot.trials);
  }
  return sum;
}

/// At the rate that suits the boots best: a golden-section search over the log odds, around those
/// of the pooled rate.
double best_log_beta_binomial(std::span<const Cluster> boots, double pooled, double rho) {
  constexpr double kGolden = 0.6180339887498949;
  constexpr double kReach = 4.0;
  constexpr int kSteps = 30;
  const auto at = [&](double log_odds) {
    return log_beta_binomial(boots, 1.0 / (1.0 + std::exp(-log_odds)), rho);
  };
  const double middle = std::log(pooled) - std::log1p(-pooled);
  double low = middle - kReach;
  double high = middle + kReach;
  double left = high - kGolden * (high - low);
  double right = low + kGolden * (high - low);
  double at_left = at(left);
  double at_right = at(right);
  for (int step = 0; step < kSteps; ++step) {
    if (at_left < at_right) {
      low = left;
      left = right;
      at_left = at_right;
      right = low + kGolden * (high - low);
      at_right = at(right);
    } else {
      high = right;
      right = left;
      at_right = at_left;
      left = high - kGolden * (high - low);
      at_left = at(left);
    }
  }
  return std::max(at_left, at_right);
}

bool refuted(std::span<const Cluster> boots, double hits, double trials, double stated) {
  if (stated <= 0.0 || stated >= 1.0) return false;
  const double rate = hits / trials;
  return log_binomial(hits, trials - hits, rate) >=
         best_log_beta_binomial(boots, rate, stated) + std::log(kRefuted);
}

/// How many trials of a boot of this size count as one.
double design_effect(double mean_boot, double rho) {
  return 1.0 + (mean_boot - 1.0) * rho;
}

double stated_worth(double trials, double mean_boot, double rho) {
  return trials / design_effect(mean_boot, rho);
}

/// Takes over what the boots say, where they say something.
void learn(std::span<const Cluster> boots, double confidence, double stated, BootBound& bound) {
  const double trials = real(bound.trials);
  const double seen_rho = intra_cluster_rho(boots);
  const double seen = learnt_effective(
      boots, design_effect(trials / fewest_effective(boots), seen_rho), confidence);
  if (seen_rho < bound.rho && refuted(boots, real(bound.hits), trials, bound.rho)) {
    bound.source = RhoSource::Refuted;
    bound.effective_trials = std::max(seen, stated);
  } else if (seen < stated) {
    bound.source = RhoSource::Estimated;
    bound.effective_trials = seen;
  } else {
    return;
  }
  bound.rho = std::clamp(seen_rho, 0.0, 1.0);
}

}  // namespace

BootBound bound_over_boots(std::span<const Cluster> all, double confidence, double stated_rho) {
  HR_CHECK(stated_rho >= 0.0 && stated_rho <= 1.0);
  BootBound bound;
  bound.rho = stated_rho;
  std::vector<Cluster> boots;
  for (const Cluster& boot : all) {
    HR_CHECK(boot.hits <= boot.trials);
    if (boot.trials == 0) continue;
    boots.push_back(boot);
    bound.hits += boot.hits;
    bound.trials += boot.trials;
  }
  bound.boots = boots.size();
  if (boots.empty()) return bound;

  const double trials = real(bound.trials);
  const double hits = real(bound.hits);
  const double fewest = fewest_effective(boots);
  const double stated = stated_worth(trials, trials / fewest, stated_rho);
  bound.effective_trials = stated;
  if (boots.size() > 1 && bound.hits > 0 && bound.hits < bound.trials) {
    learn(boots, confidence, stated, bound);
  }
  bound.effective_trials = std::clamp(bound.effective_trials, fewest, trials);
  bound.interval = clopper_pearson_effective(hits / trials * bound.effective_trials,
                                             bound.effective_trials, confidence);
  bound.excluded_rate = excluded_rate_effective(bound.effective_trials, confidence);
  return bound;
}

std::uint64_t boots_to_exclude(double rate, std::uint64_t trials_per_boot, double rho,
                               double confidence) {
  HR_CHECK(rho >= 0.0 && rho <= 1.0);
  HR_CHECK(confidence > 0.0 && confidence < 1.0);
  constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
  if (trials_per_boot == 0 || !(rate > 0.0)) return kNever;
  if (rate >= 1.0) return 1;
  const double size = real(trials_per_boot);
  return smallest_that(1, [&](std::uint64_t boots) {
    const double worth = stated_worth(real(boots) * size, size, rho);
    return excluded_rate_effective(worth, confidence) <= rate;
  });
}

const char* rho_source_name(RhoSource source) {
  switch (source) {
    case RhoSource::Stated:
      return "stated";
    case RhoSource::Estimated:
      return "estimated";
    case RhoSource::Refuted:
      return "refuted";
  }
  return "?";
}

}  // namespace hangrate
