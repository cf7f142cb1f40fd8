// SPDX-License-Identifier: GPL-2.0-or-later
//
// The lines of a journal as values. A run is its header followed by records; everything a report
// says can be worked out from them. Schema: results/schema/journal.schema.json.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "harness/model/ends.h"
#include "harness/model/environment.h"
#include "harness/model/gate.h"
#include "harness/model/load.h"
#include "harness/model/manifest.h"
#include "harness/model/observation.h"
#include "harness/model/stated_expectation.h"

namespace hangrate {

/// Raised by one whenever a reader of the version before would misread a journal. 2 has searches; 3
/// the outcome "stuck", which a reader of 2 would take for another.
inline constexpr int kJournalSchema = 3;

/// The parameter by which a reproducer holds its race window open, and two of its values. One
/// without it has no such help.
inline constexpr const char* kWidenParam = "widen";
inline constexpr const char* kWidenNone = "none";
inline constexpr const char* kWidenAuto = "auto";

/// Aims whose least hit rates differ by less are as good as each other: then the cheaper plan,
/// which is listed first.
inline constexpr double kAsGood = 0.05;

/// One way to aim, and what came of it.
struct ArmFact {
  std::string plan;
  Nanos delay_ns = 0;
  std::uint32_t tries = 0;
  std::uint32_t hits = 0;
  std::uint32_t near = 0;  ///< came into the window, by the reproducer's own measure
  std::string off;         ///< why the self-test turned it off, "" = it is on
  bool operator==(const ArmFact&) const = default;
};

/// What a worker has room for.
inline constexpr std::size_t kMostArms = 64;
inline constexpr std::size_t kLongestPlan = 23;
inline constexpr Nanos kLongestDelay = 10 * kSecond;

/// Whether a worker can be told to aim like that; a file may say what it likes.
bool can_be_aimed(const std::string& plan, Nanos delay_ns);

/// What a search begins with.
struct WarmFact {
  std::string note;  ///< where it is from, or why there is none; "" = none was asked for
  std::vector<ArmFact> arms;
  bool operator==(const WarmFact&) const = default;
};

/// What an earlier run found, for others to begin with.
struct WarmSource {
  std::string of;  ///< its journal
  std::string release;
  std::string preempt;
  std::string repro;
  std::string variant;
  std::map<std::string, std::string> params;
  std::vector<ArmFact> arms;
  bool operator==(const WarmSource&) const = default;
};

/// The recorded trial that every trial of a cell repeats.
struct ReplayFact {
  std::string of;  ///< its journal, as given
  std::string release;
  std::uint64_t trial = 0;
  std::string plan;
  Nanos delay_ns = 0;
  bool operator==(const ReplayFact&) const = default;
};

/// One reproducer variant with its parameters, on this kernel.
struct CellSpec {
  std::string repro;
  std::string variant;
  std::map<std::string, std::string> params;  ///< complete
  std::uint64_t first = 0;                    ///< index of the first trial
  std::uint64_t search = 0;                   ///< trials below this index search for the best aim
  std::uint64_t trials = 0;                   ///< to measure, behind them; 0: no end of its own
  int workers = 1;
  std::uint64_t seed = 0;
  WarmFact warm;
  std::optional<ReplayFact> replay;
  Manifest manifest;

  const Variant& variant_spec() const;
  /// Helped: its rate is not the natural one.
  bool widened() const;
};

/// When to stop early; unset never stops.
struct StopSpec {
  std::optional<std::uint64_t> hits;
  std::optional<double> until_excluded;
  std::optional<Nanos> budget;  ///< of the whole run, shared by weight
  /// Nobody asked for the budget: it ends no cell before that has the trials of a clean result.
  bool power_first = false;
};

/// What became of one hook of the flight recorder on this kernel.
struct HookFact {
  std::string probe;    ///< folder of bpf/
  std::string hook;     ///< "pipe_write"
  std::string how;      ///< "fentry anon_pipe_write"; "" = not attached
  std::string why_not;  ///< why not, or why not by a better way
  bool operator==(const HookFact&) const = default;
};

/// Which trials the flight recorder watches.
enum class TraceMode {
  Off,
  OnHit,    ///< all; the trace of each hang is kept
  Always,   ///< all; the traces of the first trials are kept too, however they ended
  Compare,  ///< every other lease, so that both kinds can be held against each other
};

struct TraceSetup {
  TraceMode mode = TraceMode::Off;
  std::uint64_t keep = 0;       ///< Always: so many trials
  std::string refused;          ///< why nothing is watched although it was asked for
  Nanos start = 0;              ///< what attaching took
  std::vector<HookFact> hooks;  ///< none: nothing is watched
};

struct RunHeader {
  int schema = kJournalSchema;
  std::string version;  ///< of hangrate
  std::string started;  ///< UTC, ISO 8601
  std::vector<std::string> argv;
  std::uint64_t seed = 0;
  double confidence = 0.95;
  StopSpec stop;
  TraceSetup trace;
  Gate gate;
  Environment environment;
  StatedExpectations stated;
  std::vector<CellSpec> cells;
};

/// Trials [first, first + count) ended by themselves in time.
struct BatchRecord {
  std::size_t cell = 0;
  std::uint32_t lane = 0;
  std::uint64_t worker = 0;
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  bool traced = false;  ///< the flight recorder watched them
};

/// One trial that did not simply end.
struct TrialRecord {
  std::size_t cell = 0;
  Observation observation;
  Verdict verdict;
};

/// The record of a trial nobody watched: its worker or its machine failed it.
TrialRecord unwatched_trial(std::size_t cell, const std::string& repro, const std::string& variant,
                            std::uint64_t trial, Outcome outcome, Rule rule,
                            const std::string& why);

struct Measurement {
  std::string name;
  std::string value;
  std::string unit;
  bool operator==(const Measurement&) const = default;
};

struct MeasureRecord {
  std::size_t cell = 0;
  std::uint64_t trial = 0;
  std::vector<Measurement> rows;
};

/// The cell cannot run here at all.
struct SkipRecord {
  std::size_t cell = 0;
  std::string reason;
};

/// Something of the machine or the harness, worth telling.
struct NoteRecord {
  std::size_t cell = 0;
  std::string text;
};

/// Leases in which every trial ended by itself in time, so that nothing but the trials took time.
struct LeaseTime {
  std::uint64_t trials = 0;
  Nanos took = 0;
  bool operator==(const LeaseTime&) const = default;
};

/// What watching cost in one stretch.
struct TraceCost {
  LeaseTime traced;
  LeaseTime untraced;
  std::uint64_t events = 0;  ///< recorded
  std::uint64_t overwritten =
      0;                      ///< of them; usual, a snapshot counts what is missing in its window
  std::uint64_t dropped = 0;  ///< not recorded: programs nested too deep
  std::uint64_t missed = 0;   ///< runs of a program the kernel refused because it ran already
  bool operator==(const TraceCost&) const = default;
};

/// The search of a cell is over: what it knew when the first trial was measured.
struct SearchRecord {
  std::size_t cell = 0;
  std::vector<ArmFact> arms;
};

/// A stretch of work on a cell ended; a resumed cell has several.
struct CellEndRecord {
  std::size_t cell = 0;
  EndReason reason = EndReason::None;
  std::string why;    ///< of EndReason::Infra: what decided
  Nanos elapsed = 0;  ///< of this stretch
  LoadFact load;      ///< of its machine meanwhile
  TraceCost trace;
  std::vector<ArmFact> search;  ///< what was tried so far, those of former stretches included
};

using Record = std::variant<BatchRecord, TrialRecord, MeasureRecord, SkipRecord, NoteRecord,
                            SearchRecord, CellEndRecord>;

std::size_t cell_of(const Record& record);

}  // namespace hangrate
