// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/diagnose/spin_look.h"

#include <utility>

#include "harness/diagnose/apart.h"
#include "harness/sys/cpu_reader.h"
#include "harness/sys/pause.h"
#include "harness/waits/spinning.h"

namespace hangrate {

namespace {

constexpr Nanos kLongest = 12 * kSpinningFor;  // a twelfth of a CPU
constexpr Nanos kToBlock = 2 * kSecond;
constexpr Nanos kGap = 100 * kMilli;
/// At a look, of the time since the first one: who gets less CPU than that cannot be told in time.
constexpr Nanos kShare = kLongest / kSpinningFor;

/// Of one task: as it was found, and as it is now.
using Stay = std::pair<CpuSample, CpuSample>;

/// Not told of less than some slices of the scheduler.
constexpr Nanos kFairChance = kSecond;

bool too_slow(const Stay& stay, Nanos tick) {
  const auto ticks = static_cast<Nanos>(stay.second.kernel - stay.first.kernel);
  const Nanos span = stay.second.when - stay.first.when;
  return span >= kFairChance && (ticks + 1) * tick * kShare < span;
}

/// Drops who left the kernel, ended, or gets too little CPU to be told.
void look_again(const CpuReader& reader, std::vector<Stay>& stays) {
  std::erase_if(stays, [&](Stay& stay) {
    const auto now = reader.sample(stay.first.pid, stay.first.tid);
    if (!now || !left_the_kernel(stay.first, *now).empty()) return true;
    stay.second = *now;
    return too_slow(stay, cpu_tick());
  });
}

std::vector<SpinningTask> look(const ExamineScope& scope, const std::set<int>& blocking) {
  const CpuReader reader({blocking, nullptr});
  const std::set<int> only = processes_of(scope);
  if (!scope.all && only.empty()) return {};
  std::vector<Stay> stays;
  for (const CpuSample& sample : reader.running(only)) stays.emplace_back(sample, sample);
  std::vector<SpinningTask> told;
  const Nanos give_up = now_ns() + kLongest;
  while (!stays.empty() && now_ns() < give_up) {
    pause_for(kGap);
    look_again(reader, stays);
    std::erase_if(stays, [&](const Stay& stay) {
      auto spinner = spinning(stay.first, stay.second, kSpinningFor, cpu_tick());
      if (!spinner) return false;
      told.push_back(std::move(*spinner));
      return true;
    });
  }
  return told;
}

}  // namespace

void add_spinning(const ExamineScope& scope, const std::set<int>& blocking, Diagnosis& diagnosis) {
  auto told = part_diagnosed_apart(
      "hangrate-spin", kLongest + kToBlock,
      [&] {
        Diagnosis part;
        part.spinning = look(scope, blocking);
        return part;
      },
      "running tasks", diagnosis);
  if (told) diagnosis.spinning = std::move(told->spinning);
}

}  // namespace hangrate
