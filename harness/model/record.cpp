// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/model/record.h"

namespace hangrate {

const Variant& CellSpec::variant_spec() const {
  for (const Variant& candidate : manifest.variants) {
    if (candidate.name == variant) return candidate;
  }
  static const Variant kNone;
  return kNone;
}

bool can_be_aimed(const std::string& plan, Nanos delay_ns) {
  return plan.size() <= kLongestPlan && delay_ns >= 0 && delay_ns <= kLongestDelay;
}

bool CellSpec::widened() const {
  const auto given = params.find(kWidenParam);
  return given != params.end() && given->second != kWidenNone;
}

std::size_t cell_of(const Record& record) {
  return std::visit([](const auto& value) { return value.cell; }, record);
}

TrialRecord unwatched_trial(std::size_t cell, const std::string& repro, const std::string& variant,
                            std::uint64_t trial, Outcome outcome, Rule rule,
                            const std::string& why) {
  TrialRecord record{.cell = cell, .observation = {}, .verdict = {}};
  record.observation.repro = repro;
  record.observation.variant = variant;
  record.observation.trial = trial;
  record.observation.message = why;
  record.verdict.outcome = outcome;
  record.verdict.rule = rule;
  record.verdict.because = {told(why)};
  return record;
}

}  // namespace hangrate
