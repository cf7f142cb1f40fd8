// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstddef>
#include <memory>
#include <random>
#include <vector>

#include <benchmark/benchmark.h>

#include "harness/stats/histogram.h"

namespace hangrate {
namespace {

std::vector<Nanos> durations() {
  std::mt19937_64 random(13);
  std::lognormal_distribution<double> distribution(13.0, 1.5);
  std::vector<Nanos> values(4096);
  for (Nanos& value : values) value = static_cast<Nanos>(distribution(random));
  return values;
}

void histogram_add(benchmark::State& state) {
  const std::vector<Nanos> values = durations();
  const auto histogram = std::make_unique<Histogram>();
  std::size_t next = 0;
  for (auto _ : state) {
    histogram->add(values[next % values.size()]);
    ++next;
  }
  benchmark::DoNotOptimize(histogram->count());
}
BENCHMARK(histogram_add);

void histogram_quantile(benchmark::State& state) {
  const auto histogram = std::make_unique<Histogram>();
  for (const Nanos value : durations()) histogram->add(value);
  for (auto _ : state) benchmark::DoNotOptimize(histogram->quantile(0.99));
}
BENCHMARK(histogram_quantile);

void histogram_merge(benchmark::State& state) {
  const auto histogram = std::make_unique<Histogram>();
  const auto other = std::make_unique<Histogram>();
  for (const Nanos value : durations()) other->add(value);
  for (auto _ : state) histogram->merge(*other);
  benchmark::DoNotOptimize(histogram->count());
}
BENCHMARK(histogram_merge);

}  // namespace
}  // namespace hangrate
