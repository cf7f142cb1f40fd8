// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/stats/search_memory.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

#include <fmt/format.h>

#include "harness/stats/tally.h"

namespace hangrate {

namespace {

std::uint64_t tries_of(const std::vector<ArmFact>& arms) {
  return std::accumulate(arms.begin(), arms.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const ArmFact& arm) { return sum + arm.tries; });
}

/// What the arm is good for at least: the mean of the posterior after a uniform prior, less its
/// standard deviation.
double promise(const ArmFact& arm) {
  const double hits = 1.0 + arm.hits;
  const double all = 2.0 + arm.tries;
  const double mean = hits / all;
  return mean - std::sqrt(mean * (1.0 - mean) / (all + 1.0));
}

/// The arm of that aim, added if there is room; the last one takes what has none.
ArmFact& at(std::vector<ArmFact>& arms, const std::string& plan, Nanos delay_ns) {
  const auto known = std::find_if(arms.begin(), arms.end(), [&](const ArmFact& arm) {
    return arm.plan == plan && arm.delay_ns == delay_ns;
  });
  if (known != arms.end()) return *known;
  if (arms.size() >= kMostArms) return arms.back();
  ArmFact arm;
  arm.plan = plan;
  arm.delay_ns = delay_ns;
  return arms.emplace_back(std::move(arm));
}

/// A file may name more.
std::vector<ArmFact> as_many_as_fit(std::vector<ArmFact> arms) {
  if (arms.size() > kMostArms) arms.resize(kMostArms);
  return arms;
}

}  // namespace

void SearchMemory::apply(const Record& record) {
  if (const auto* found = std::get_if<SearchRecord>(&record)) {
    table_ = as_many_as_fit(found->arms);
    over_ = true;
  } else if (const auto* end = std::get_if<CellEndRecord>(&record)) {
    if (over_ || end->search.empty()) return;
    warm_ = as_many_as_fit(end->search);  // has all that came before; the next stretch adds to it
    hits_.clear();
    clean_ = 0;
  } else if (const auto* batch = std::get_if<BatchRecord>(&record)) {
    if (batch->first < search_) clean_ += std::min(batch->count, search_ - batch->first);
  } else if (const auto* trial = std::get_if<TrialRecord>(&record)) {
    const ShotFact& shot = trial->observation.shot;
    const Verdict& verdict = trial->verdict;
    const bool hit = verdict.outcome == Outcome::Hang && verdict.signature == SignatureMatch::Match;
    if (!hit || shot.plan.empty() || trial->observation.trial >= search_) return;
    ++at(hits_, shot.plan, shot.delay_ns).hits;
  }
}

std::vector<ArmFact> SearchMemory::arms() const {
  return over_ && !table_.empty() ? table_ : arms_of_hits();
}

/// Which arm a clean trial used is on no record. They are shared out among the arms that hit, so
/// that none looks better than it was: one that seems to hit every time would end the search.
std::vector<ArmFact> SearchMemory::arms_of_hits() const {
  std::vector<ArmFact> arms = warm_;
  for (const ArmFact& hit : hits_) {
    const auto share = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(clean_ / hits_.size() + 1, std::uint64_t{1} << 20));
    ArmFact& arm = at(arms, hit.plan, hit.delay_ns);
    arm.hits += hit.hits;
    arm.tries += hit.hits + share;
  }
  return arms;
}

std::optional<ArmFact> best_arm(const std::vector<ArmFact>& arms) {
  const auto counts = [](const ArmFact& arm) { return arm.hits != 0 && arm.off.empty(); };
  double highest = 0;
  for (const ArmFact& arm : arms) {
    if (counts(arm)) highest = std::max(highest, promise(arm));
  }
  for (const ArmFact& arm : arms) {
    if (counts(arm) && promise(arm) >= highest - kAsGood) return arm;
  }
  return std::nullopt;
}

std::uint64_t planned_search(const CellSpec& spec, std::optional<std::uint64_t> asked) {
  if (!spec.widened()) return 0;
  if (asked) return *asked;
  return spec.warm.arms.empty() ? kColdSearch : kWarmSearch;
}

WarmFact choose_warm(const std::vector<WarmSource>& sources, const CellSpec& spec,
                     const std::string& release, const std::string& preempt) {
  const WarmSource* best = nullptr;
  std::tuple<bool, bool, bool, std::uint64_t> rank;
  std::uint64_t others = 0;
  for (const WarmSource& source : sources) {
    if (source.repro != spec.repro || source.variant != spec.variant) continue;
    if (tries_of(source.arms) == 0) continue;
    const bool here = source.preempt.empty();
    if (!here && source.preempt != preempt) {
      ++others;
      continue;
    }
    const std::tuple now{here, source.release == release, source.params == spec.params,
                         tries_of(source.arms)};
    if (best != nullptr && now <= rank) continue;
    best = &source;
    rank = now;
  }
  if (best == nullptr) {
    const std::string what =
        others > 0 ? fmt::format("its arms are of other preemption models than {}", preempt)
                   : fmt::format("no run of {}/{} in it tried an arm", spec.repro, spec.variant);
    return {.note = "the search begins with nothing: " + what, .arms = {}};
  }
  WarmFact warm;
  for (ArmFact arm : best->arms) {
    // What is off is off for that machine: the self-test of this one decides anew.
    if (arm.tries == 0 || !arm.off.empty() || warm.arms.size() == kMostArms) continue;
    warm.arms.push_back(std::move(arm));
  }
  std::string kernel = best->release + ", preempt " + best->preempt;
  if (best->release != release) kernel += ": another kernel, the same model";
  if (best->preempt.empty()) kernel = "this kernel";
  warm.note = fmt::format(
      "the search begins with {} of {} ({})",
      warm.arms.size() == 1 ? "1 arm" : fmt::format("{} arms", warm.arms.size()), best->of, kernel);
  return warm;
}

}  // namespace hangrate
