// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/report/row_alarms.h"

#include <algorithm>

#include <fmt/format.h>

#include "harness/report/grid.h"

namespace hangrate {

namespace {

constexpr int kShown = 0;
constexpr int kUnexpected = 1;
constexpr int kNoAnswer = 3;

/// A task that is blocked for long is what such a cell is after.
bool expects_hang(const Row& row) {
  return std::any_of(row.summary.cells.begin(), row.summary.cells.end(), [](const auto& cell) {
    return cell.expectation == Expectation::Affected || cell.expectation == Expectation::Unknown ||
           cell.expectation == Expectation::AlwaysHangs ||
           cell.expectation == Expectation::Lookalike;
  });
}

/// What a kernel proves of itself is a result. What its watchdogs say rests on time, and a guest
/// whose CPUs were not run says the same: the machine may have failed, not the kernel.
int code_of(const std::string& kind, bool hang_expected) {
  if (kind == "hung-task" && hang_expected) return kShown;
  switch (gravity_of(kind)) {
    case Gravity::Oops:
    case Gravity::Sanitizer:
      return kUnexpected;
    case Gravity::Panic:
    case Gravity::Stall:
      return kNoAnswer;
    case Gravity::Warning:
    case Gravity::Info:
      break;
  }
  return kShown;
}

std::string boot_name(const Boot& boot) {
  return fmt::format("boot-{:03}", boot.number);
}

std::string name_of(const Boot& boot, const ConsoleFinding& finding) {
  return boot_name(boot) + (told_by_end(boot, finding) ? "" : "-" + finding.kind);
}

const RowAlarm* find_alarm(const std::vector<RowAlarm>& alarms, const std::string& name) {
  const auto at = std::find_if(alarms.begin(), alarms.end(),
                               [&](const RowAlarm& alarm) { return alarm.name == name; });
  return at != alarms.end() ? &*at : nullptr;
}

}  // namespace

std::vector<RowAlarm> alarms_of(const Row& row) {
  std::vector<RowAlarm> alarms;
  const bool hang_expected = expects_hang(row);
  for (const Boot& boot : row.boots) {
    if (guest_died(boot)) {
      alarms.push_back(
          {.name = boot_name(boot), .text = boot_sentence(boot), .exit_code = kNoAnswer});
    }
    for (const ConsoleFinding& finding : boot.findings) {
      const int code = code_of(finding.kind, hang_expected);
      const std::string name = name_of(boot, finding);
      if (code == kShown || find_alarm(alarms, name) != nullptr) continue;
      alarms.push_back(
          {.name = name,
           .text = fmt::format("boot {}, console: {}", boot.number, finding_sentence(finding)),
           .exit_code = code});
    }
  }
  int number = 0;
  for (const std::string& flaw : row.flaws) {
    alarms.push_back({.name = fmt::format("results-{:03}", ++number),
                      .text = "the results are not whole: " + flaw,
                      .exit_code = kNoAnswer});
  }
  return alarms;
}

const RowAlarm* alarm_of(const Row& row, const Boot& boot, const ConsoleFinding& finding) {
  return find_alarm(row.alarms, name_of(boot, finding));
}

std::string effect_of(const RowAlarm* alarm) {
  return alarm == nullptr ? "" : fmt::format(" (exit {})", alarm->exit_code);
}

}  // namespace hangrate
