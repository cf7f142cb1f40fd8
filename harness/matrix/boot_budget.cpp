// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/matrix/boot_budget.h"

#include <algorithm>
#include <numeric>

#include "harness/guest/machine.h"

namespace hangrate {

namespace {

// Of 400 journals of real runs the worst had 22,000 bytes and 3 lines a trial, a longest line of
// 38,000 and a header of 18,000; the bounds are three times that and more. But the trace of a hit
// is as long as its trial was busy: that of pipeline_resize, 20 s on a host with 7 tasks a CPU, had
// 265,000 bytes. So a cell of few trials, where no mean can be counted on, has more.
constexpr std::uint64_t kCellBytes = 256u << 10;
constexpr std::uint64_t kTrialBytes = 64u << 10;
constexpr std::uint64_t kLongTraces = 100;
constexpr std::uint64_t kLongTraceBytes = 1u << 20;
constexpr std::uint64_t kMostCellBytes = std::uint64_t{4} << 30;
constexpr std::uint64_t kLines = 1000;
constexpr std::uint64_t kLinesOfTrial = 16;

constexpr Nanos kBoot = 300 * kSecond;  // hello within 180 s, modules, power-off
constexpr Nanos kCell = 60 * kSecond;   // set-up and end of a reproducer
/// Trials that take as long as they may: more of them are no run anybody waits for.
constexpr std::uint64_t kLongTrials = 32;
constexpr Nanos kLongestWall = Nanos{30} * 24 * 3600 * kSecond;

/// What an ordinary trial takes at most on average, with all that is between trials.
Nanos ordinary_trial(const std::string& accel) {
  return accel == "tcg" || accel == kUserMode ? 10 * kSecond : 2 * kSecond;
}

/// In floating point, because a thousand million trials of two minutes are no Nanos.
double seconds_of(const CellLoad& cell, const std::string& accel) {
  const auto trials = static_cast<double>(cell.trials);
  const auto longest = static_cast<double>(std::min(cell.trials, kLongTrials));
  return to_seconds(kCell) + trials * to_seconds(std::max(ordinary_trial(accel), cell.any_trial)) +
         longest * to_seconds(cell.longest_trial);
}

}  // namespace

CellLoad load_of(const Manifest& manifest, const std::string& variant, std::uint64_t trials) {
  CellLoad load{.trials = trials};
  for (const Variant& known : manifest.variants) {
    if (known.name == variant) load.longest_trial = known.healthy_until_ms * kMilli;
  }
  if (manifest.exec.empty()) return load;
  load.any_trial = manifest.time_limit_s * kSecond;
  load.longest_trial += load.any_trial;
  return load;
}

BootBudget budget_for(const MatrixKernel& kernel, const std::vector<CellLoad>& cells,
                      const std::string& accel) {
  BootBudget budget;
  double seconds = to_seconds(kBoot);
  budget.lines = kLines;
  for (const CellLoad& cell : cells) {
    seconds += seconds_of(cell, accel);
    budget.lines += kLines + kLinesOfTrial * cell.trials;
    const std::uint64_t trials = std::min(cell.trials, kMostCellBytes / kTrialBytes);
    const std::uint64_t traces = kLongTraceBytes * std::min(trials, kLongTraces);
    budget.cells.push_back(std::min(kCellBytes + traces + kTrialBytes * trials, kMostCellBytes));
  }
  const double longest = std::min(seconds, to_seconds(kLongestWall));
  budget.wall = static_cast<Nanos>(longest) * kSecond;
  budget.console = kMostConsole;
  budget.bytes =
      std::accumulate(budget.cells.begin(), budget.cells.end(), budget.console + budget.init);
  if (kernel.boot_limit_s > 0) budget.wall = kernel.boot_limit_s * kSecond;
  if (kernel.boot_mib > 0) {
    budget.bytes = static_cast<std::uint64_t>(kernel.boot_mib) << 20;
    budget.console = std::min(budget.console, budget.bytes);
  }
  return budget;
}

}  // namespace hangrate
