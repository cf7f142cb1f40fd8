// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/stats/effective.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>

#include "harness/base/check.h"

namespace hangrate {
namespace {

namespace policies = boost::math::policies;
using NoThrow = policies::policy<policies::domain_error<policies::ignore_error>,
                                 policies::overflow_error<policies::ignore_error>,
                                 policies::underflow_error<policies::ignore_error>,
                                 policies::evaluation_error<policies::ignore_error>>;

double t_quantile(double freedom, double tail) {
  const boost::math::students_t_distribution<double, NoThrow> t(freedom);
  return boost::math::quantile(boost::math::complement(t, tail));
}

struct Sizes {
  double trials = 0.0;
  double squares = 0.0;
  double clusters = 0.0;
};

Sizes sizes_of(std::span<const Cluster> clusters) {
  Sizes sizes;
  for (const Cluster& cluster : clusters) {
    const auto size = static_cast<double>(cluster.trials);
    sizes.trials += size;
    sizes.squares += size * size;
    if (cluster.trials > 0) sizes.clusters += 1.0;
  }
  return sizes;
}

}  // namespace

double fewest_effective(std::span<const Cluster> clusters) {
  const Sizes sizes = sizes_of(clusters);
  HR_CHECK(sizes.trials > 0.0);
  return sizes.trials * sizes.trials / sizes.squares;
}

double learnt_effective(std::span<const Cluster> clusters, double design_effect,
                        double confidence) {
  const Sizes sizes = sizes_of(clusters);
  HR_CHECK(sizes.clusters > 1.0);
  const double tail = (1.0 - confidence) / 2.0;
  const double ratio =
      t_quantile(sizes.trials - 1.0, tail) / t_quantile(sizes.clusters - 1.0, tail);
  const double least = ratio * ratio / sizes.trials;  // a smaller effect is worth all trials
  const double worth = sizes.trials / std::max(design_effect, least) * ratio * ratio;
  return std::clamp(worth, sizes.trials * sizes.trials / sizes.squares, sizes.trials);
}

}  // namespace hangrate
