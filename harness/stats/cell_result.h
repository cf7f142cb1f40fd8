// SPDX-License-Identifier: GPL-2.0-or-later
//
// CellResult: what all records of one cell add up to, in bounded memory. The live run and a report
// made from a journal both apply the same records here, so they cannot disagree.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/model/record.h"
#include "harness/stats/blocks.h"
#include "harness/stats/histogram.h"
#include "harness/stats/range_set.h"
#include "harness/stats/rate_estimate.h"
#include "harness/stats/search_memory.h"
#include "harness/stats/tally.h"

namespace hangrate {

/// The first trial of a kind, kept whole, and how many were like it.
struct KindOfTrial {
  std::uint64_t count = 0;
  TrialRecord first;
  std::optional<TrialRecord> traced;  ///< the first with a trace, if that is a later one

  /// The trial to explain this kind with, nullptr if none was traced.
  const TrialRecord* with_trace() const;
};

class CellResult {
 public:
  explicit CellResult(const CellSpec& spec);

  void apply(const Record& record);

  /// Of measured trials: numerator and denominator of the rate, and what the stop rules see.
  const Tally& tally() const { return tally_; }
  /// Of the trials that searched for the best aim. They enter nothing but the verdict, and that
  /// only by what they proved.
  const Tally& search() const { return search_; }
  const SearchMemory& memory() const { return memory_; }
  /// How many trials have a record: measured ones, and those of the search.
  std::uint64_t measured() const { return recorded_.total() - searched_; }
  std::uint64_t searched() const { return searched_; }
  /// The same, of the trials the flight recorder watched; the others are the rest.
  const Tally& traced() const { return traced_; }
  /// What watching cost, over all stretches.
  const TraceCost& trace_cost() const { return trace_cost_; }
  /// Trial indices that have a record.
  const RangeSet& recorded() const { return recorded_; }
  /// From the moment the trial should have ended to the proof, and to the end of its rescue, ns;
  /// of measured trials.
  const Histogram& proof_time() const { return proof_time_; }
  const Histogram& hit_cost() const { return hit_cost_; }
  Nanos elapsed() const { return elapsed_; }
  /// Of the machine, in the last stretch.
  const LoadFact& load() const { return load_; }
  /// Of all trials: the search takes time too.
  double trials_per_second() const;
  /// `wanted_hits`: of the rule that stops at so many. Hits that ended the run, and those that were
  /// in flight when it ended, are left out of the test for bursts, not out of the rate: they are
  /// last because they are hits. Without the number, the last one is.
  RateEstimate estimate(double confidence,
                        std::optional<std::uint64_t> wanted_hits = std::nullopt) const;
  /// Trials that did not simply end, by kind, e.g. "hang/match freed by lever"; those of the search
  /// are kinds of their own.
  const std::map<std::string, KindOfTrial>& kinds() const { return kinds_; }
  const std::vector<Measurement>& measurements() const { return measurements_; }
  const std::string& skip_reason() const { return skip_reason_; }
  const std::vector<std::string>& notes() const { return notes_; }
  /// Beyond those kept: memory is bounded, and what is not shown is counted.
  std::uint64_t notes_left_out() const { return notes_left_out_; }
  std::uint64_t kinds_left_out() const { return kinds_left_out_; }
  EndReason end_reason() const { return end_reason_; }
  /// What decided that it was given up, "" if it was not.
  const std::string& why_given_up() const { return why_; }

 private:
  void apply_clean(const IndexRange& range, bool traced);
  void apply_trial(const TrialRecord& record);
  void apply_measured(const TrialRecord& record);
  void add(const TraceCost& cost);
  void add_reproduction(std::uint64_t index);
  std::span<const std::uint64_t> hits_at_the_end(std::optional<std::uint64_t> wanted_hits) const;

  std::uint64_t border_;  ///< trials below this index are of the search
  Tally tally_;
  Tally search_;
  SearchMemory memory_;
  std::uint64_t searched_ = 0;
  Tally traced_;
  TraceCost trace_cost_;
  RangeSet recorded_;
  TrialBlocks blocks_;
  /// In blocks_, the last reproductions applied: as many as can have been in flight at once.
  std::vector<std::uint64_t> last_hits_;
  std::size_t most_in_flight_;
  std::size_t trailing_hits_ =
      0;  ///< of last_hits_: no other measured trial was applied after them
  Histogram proof_time_;
  Histogram hit_cost_;
  Nanos elapsed_ = 0;
  LoadFact load_;
  std::map<std::string, KindOfTrial> kinds_;
  std::vector<Measurement> measurements_;
  std::string skip_reason_;
  std::vector<std::string> notes_;
  EndReason end_reason_ = EndReason::None;
  std::string why_;
  std::uint64_t notes_left_out_ = 0;
  std::uint64_t kinds_left_out_ = 0;
};

/// The kind of a verdict, for grouping: outcome, signature, what freed it.
std::string kind_of(const Verdict& verdict);

}  // namespace hangrate
