// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdint>
#include <vector>

#include <benchmark/benchmark.h>

#include "harness/stats/interval.h"
#include "harness/stats/rate_estimate.h"

namespace hangrate {
namespace {

void clopper_pearson_of(benchmark::State& state) {
  const auto hits = static_cast<std::uint64_t>(state.range(0));
  const auto trials = static_cast<std::uint64_t>(state.range(1));
  for (auto _ : state) benchmark::DoNotOptimize(clopper_pearson(hits, trials, 0.95));
}
BENCHMARK(clopper_pearson_of)->Args({0, 10'000})->Args({3, 10'000})->Args({300, 1'000'000'000});

void trials_to_exclude_of_a_rate(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(trials_to_exclude(0.0003, 0.95));
}
BENCHMARK(trials_to_exclude_of_a_rate);

/// The whole estimate with its over-dispersion test: 512 hits is the dearest case, 513 take the
/// chi-squared approximation.
void estimate_rate_of_hits(benchmark::State& state) {
  std::vector<Cluster> clusters(64, Cluster{10'000, 0});
  for (std::int64_t hit = 0; hit < state.range(0); ++hit) {
    const std::int64_t block = state.range(1) != 0 ? hit % 16 : hit % 64;
    ++clusters[static_cast<std::size_t>(block)].hits;
  }
  for (auto _ : state) benchmark::DoNotOptimize(estimate_rate(clusters, 0.95));
}
BENCHMARK(estimate_rate_of_hits)
    ->ArgNames({"hits", "bursty"})
    ->Args({0, 0})
    ->Args({5, 0})
    ->Args({100, 0})
    ->Args({100, 1})
    ->Args({512, 1})
    ->Args({513, 1});

}  // namespace
}  // namespace hangrate
