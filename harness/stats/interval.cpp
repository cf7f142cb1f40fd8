// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/stats/interval.h"

#include <algorithm>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>
#include <limits>

#include "harness/base/check.h"

namespace hangrate {
namespace {

constexpr double kTooMany = 18446744073709551616.0;  // 2^64
constexpr double kWhole = 9007199254740992.0;        // 2^53: above, n and n + 1 are one double

namespace policies = boost::math::policies;

// Boost throws by default; here an extreme argument yields the limit value instead.
using NoThrow = policies::policy<policies::domain_error<policies::ignore_error>,
                                 policies::pole_error<policies::ignore_error>,
                                 policies::overflow_error<policies::ignore_error>,
                                 policies::underflow_error<policies::ignore_error>,
                                 policies::denorm_error<policies::ignore_error>,
                                 policies::evaluation_error<policies::ignore_error>,
                                 policies::rounding_error<policies::ignore_error>>;

/// x with P(Beta(a, b) <= x) = p.
double beta_quantile(double a, double b, double p) {
  return boost::math::ibeta_inv(a, b, p, NoThrow());
}

/// x with P(Beta(a, b) > x) = p.
double beta_upper_quantile(double a, double b, double p) {
  return boost::math::ibetac_inv(a, b, p, NoThrow());
}

/// 1 - p^(1/n) without cancellation.
double one_minus_root(double log_p, double n) {
  return -std::expm1(log_p / n);
}

}  // namespace

Interval clopper_pearson(std::uint64_t hits, std::uint64_t trials, double confidence) {
  return clopper_pearson_effective(static_cast<double>(hits), static_cast<double>(trials),
                                   confidence);
}

Interval clopper_pearson_effective(double hits, double trials, double confidence) {
  HR_CHECK(confidence > 0.0 && confidence < 1.0);
  HR_CHECK(hits >= 0.0 && hits <= trials);
  if (trials <= 0.0) return {0.0, 1.0};
  const double tail = (1.0 - confidence) / 2.0;
  const double misses = trials - hits;
  Interval result;
  if (hits <= 0.0) {
    result = {0.0, one_minus_root(std::log(tail), trials)};
  } else if (misses <= 0.0) {
    result = {std::exp(std::log(tail) / trials), 1.0};
  } else {
    result = {beta_quantile(hits, misses + 1.0, tail),
              beta_upper_quantile(hits + 1.0, misses, tail)};
  }
  return {std::clamp(result.low, 0.0, 1.0), std::clamp(result.high, 0.0, 1.0)};
}

double clopper_pearson_upper(std::uint64_t hits, std::uint64_t trials, double confidence) {
  HR_CHECK(confidence > 0.0 && confidence < 1.0);
  HR_CHECK(hits > 0 && hits < trials);
  const double upper = beta_quantile(static_cast<double>(hits) + 1.0,
                                     static_cast<double>(trials - hits), confidence);
  return std::clamp(upper, 0.0, 1.0);
}

double excluded_rate(std::uint64_t trials, double confidence) {
  return excluded_rate_effective(static_cast<double>(trials), confidence);
}

double excluded_rate_effective(double trials, double confidence) {
  HR_CHECK(confidence > 0.0 && confidence < 1.0);
  if (trials <= 0.0) return 1.0;
  return one_minus_root(std::log1p(-confidence), trials);
}

std::uint64_t trials_to_exclude(double rate, double confidence) {
  HR_CHECK(confidence > 0.0 && confidence < 1.0);
  if (rate >= 1.0) return 1;
  if (!(rate > 0.0)) return std::numeric_limits<std::uint64_t>::max();
  const double needed = std::ceil(std::log1p(-confidence) / std::log1p(-rate));
  if (needed >= kTooMany) return std::numeric_limits<std::uint64_t>::max();
  auto trials = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(needed));
  if (needed >= kWhole) return trials;
  // The division above may be off by one trial either way; the definition decides.
  while (trials > 1 && excluded_rate(trials - 1, confidence) <= rate) --trials;
  while (excluded_rate(trials, confidence) > rate) ++trials;
  return trials;
}

}  // namespace hangrate
