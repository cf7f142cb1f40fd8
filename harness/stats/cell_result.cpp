// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/stats/cell_result.h"

#include <algorithm>

namespace hangrate {

namespace {

constexpr std::size_t kMostNotes = 20;
constexpr std::size_t kMostKinds = 32;

}  // namespace

std::string kind_of(const Verdict& verdict) {
  std::string kind = outcome_name(verdict.outcome);
  if (verdict.outcome == Outcome::Hang) {
    kind += verdict.signature == SignatureMatch::Match ? "/match" : "/other";
    kind += verdict.freed_by ? std::string(" freed by ") + rung_name(*verdict.freed_by)
                             : std::string(" not freed");
  } else if (verdict.rule != Rule::None) {
    kind += " (" + rule_text(verdict) + ")";
  }
  return kind;
}

const TrialRecord* KindOfTrial::with_trace() const {
  if (first.observation.trace) return &first;
  return traced ? &*traced : nullptr;
}

CellResult::CellResult(const CellSpec& spec)
    : border_(spec.search),
      memory_(spec.search, spec.warm.arms),
      blocks_(spec.trials != 0 ? std::optional(spec.trials) : std::nullopt),
      most_in_flight_(static_cast<std::size_t>(std::max(1, spec.workers))) {}

void CellResult::apply(const Record& record) {
  struct Visitor {
    CellResult& result;
    void operator()(const BatchRecord& r) const {
      const std::uint64_t end = r.first + r.count;
      for (auto gap = result.recorded_.next_gap(r.first, end); gap;
           gap = result.recorded_.next_gap(gap->first, end)) {
        const std::uint64_t border =
            std::clamp(result.border_, gap->first, gap->first + gap->count);
        const std::uint64_t searched = border - gap->first;
        result.apply_clean({gap->first, searched}, r.traced);
        result.apply_clean({border, gap->count - searched}, r.traced);
      }
    }
    void operator()(const TrialRecord& r) const { result.apply_trial(r); }
    void operator()(const MeasureRecord& r) const { result.measurements_ = r.rows; }
    void operator()(const SkipRecord& r) const {
      if (result.skip_reason_.empty()) result.tally_.add(Outcome::Skipped);
      result.skip_reason_ = r.reason;
    }
    void operator()(const NoteRecord& r) const {
      if (result.notes_.size() < kMostNotes) {
        result.notes_.push_back(r.text);
      } else {
        ++result.notes_left_out_;
      }
    }
    void operator()(const SearchRecord& r) const { result.memory_.apply(r); }
    void operator()(const CellEndRecord& r) const {
      result.memory_.apply(r);
      result.elapsed_ += r.elapsed;
      result.load_ = r.load;
      result.end_reason_ = r.reason;
      result.why_ = r.why;
      result.add(r.trace);
    }
  };
  std::visit(Visitor{*this}, record);
}

/// Trials that ended in time: all of the search, or all measured; none of them has a record yet.
void CellResult::apply_clean(const IndexRange& range, bool traced) {
  if (range.count == 0) return;
  recorded_.add(range.first, range.count);
  if (range.first < border_) {
    searched_ += range.count;
    search_.add(Outcome::Clean, SignatureMatch::NotApplicable, range.count);
    memory_.apply(BatchRecord{.first = range.first, .count = range.count});
    return;
  }
  blocks_.add(range.first - border_, range.count);
  trailing_hits_ = 0;
  tally_.add(Outcome::Clean, SignatureMatch::NotApplicable, range.count);
  if (traced) traced_.add(Outcome::Clean, SignatureMatch::NotApplicable, range.count);
}

void CellResult::add(const TraceCost& cost) {
  trace_cost_.traced.trials += cost.traced.trials;
  trace_cost_.traced.took += cost.traced.took;
  trace_cost_.untraced.trials += cost.untraced.trials;
  trace_cost_.untraced.took += cost.untraced.took;
  trace_cost_.events += cost.events;
  trace_cost_.overwritten += cost.overwritten;
  trace_cost_.dropped += cost.dropped;
  trace_cost_.missed += cost.missed;
}

void CellResult::apply_trial(const TrialRecord& record) {
  const Observation& seen = record.observation;
  if (recorded_.add(seen.trial, 1) == 0) return;  // journalled twice: counts once
  const bool searches = seen.trial < border_;
  if (searches) {
    ++searched_;
    search_.add(record.verdict);
    memory_.apply(record);
  } else {
    apply_measured(record);
  }
  if (record.verdict.outcome == Outcome::Clean) return;  // kept for its trace
  const std::string kind = kind_of(record.verdict) + (searches ? ", in the search" : "");
  const auto known = kinds_.find(kind);
  if (known != kinds_.end()) {
    KindOfTrial& like = known->second;
    ++like.count;
    if (like.with_trace() == nullptr && seen.trace) like.traced = record;
  } else if (kinds_.size() < kMostKinds) {
    kinds_.emplace(kind, KindOfTrial{1, record, std::nullopt});
  } else {
    ++kinds_left_out_;
  }
}

void CellResult::apply_measured(const TrialRecord& record) {
  const Observation& seen = record.observation;
  tally_.add(record.verdict);
  if (seen.traced) traced_.add(record.verdict);
  const bool hit =
      record.verdict.outcome == Outcome::Hang && record.verdict.signature == SignatureMatch::Match;
  const std::uint64_t index = seen.trial - border_;
  if (is_conclusive(record.verdict.outcome)) blocks_.add(index, 1);
  if (hit || record.verdict.outcome == Outcome::Anomaly) {
    add_reproduction(index);
  } else if (is_conclusive(record.verdict.outcome)) {
    trailing_hits_ = 0;
  }
  if (!hit) return;
  proof_time_.add(seen.proven - seen.wedge);
  hit_cost_.add(seen.ended - seen.wedge);
}

double CellResult::trials_per_second() const {
  const std::uint64_t trials = tally_.attempted() + search_.attempted();
  return elapsed_ > 0 ? static_cast<double>(trials) / to_seconds(elapsed_) : 0.0;
}

void CellResult::add_reproduction(std::uint64_t index) {
  blocks_.add_hit(index);
  if (last_hits_.size() == most_in_flight_) last_hits_.erase(last_hits_.begin());
  last_hits_.push_back(index);
  trailing_hits_ = std::min(trailing_hits_ + 1, last_hits_.size());
}

/// A trial in flight at the end is more likely a hit the longer a hit takes.
std::span<const std::uint64_t> CellResult::hits_at_the_end(
    std::optional<std::uint64_t> wanted_hits) const {
  std::uint64_t count = 0;
  if (end_reason_ == EndReason::Budget) count = trailing_hits_;
  if (end_reason_ == EndReason::Hits) {
    const std::uint64_t hits = tally_.reproductions();
    const std::uint64_t wanted = std::clamp<std::uint64_t>(wanted_hits.value_or(hits), 1, hits);
    count = std::min<std::uint64_t>(hits - wanted + 1, last_hits_.size());
  }
  return std::span(last_hits_).last(static_cast<std::size_t>(count));
}

RateEstimate CellResult::estimate(double confidence,
                                  std::optional<std::uint64_t> wanted_hits) const {
  const std::span<const std::uint64_t> last = hits_at_the_end(wanted_hits);
  const std::vector<Cluster> clusters = blocks_.clusters();
  if (last.empty()) return estimate_rate(clusters, confidence);
  RateEstimate estimate = estimate_rate(clusters, blocks_.clusters_without(last), confidence);
  if (end_reason_ == EndReason::Hits && estimate.hits > last.size()) {
    estimate.unbiased_point = static_cast<double>(estimate.hits - last.size()) /
                              static_cast<double>(estimate.trials - last.size());
  }
  return estimate;
}

}  // namespace hangrate
