// SPDX-License-Identifier: GPL-2.0-or-later
//
// The options of a run, as given, and the plan they make. Everything is checked before anything
// runs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/app/gate_options.h"
#include "harness/app/show.h"
#include "harness/base/error.h"
#include "harness/run/catalog.h"
#include "harness/run/session.h"

namespace CLI {
class App;
}

namespace hangrate {

inline constexpr double kDefaultConfidence = 0.95;

struct RunOptions {
  std::vector<std::string> selectors;  ///< REPRO or REPRO/VARIANT
  std::vector<std::string> variants;
  std::vector<std::string> params;  ///< k=v
  std::vector<std::string> expect;  ///< REPRO=WORD:REASON
  std::optional<std::uint64_t> trials;
  std::optional<std::uint64_t> hits;
  std::optional<double> until_excluded;
  std::optional<double> confidence;  ///< default kDefaultConfidence
  std::string budget;
  std::optional<int> workers;
  std::optional<std::uint64_t> seed;
  bool natural = false;                 ///< no help for any race
  std::optional<std::uint64_t> search;  ///< trials of the search
  std::string warm;                     ///< a run whose search this one begins with
  std::vector<std::string> warm_arms;   ///< the same as JSON, from a matrix
  std::string trace;                    ///< on-hit, always, compare, off; "" = on-hit
  std::optional<std::uint64_t> keep;    ///< traces of trials that --trace always keeps
  GateOptions gate;
  std::string results;
  std::string resume;
  std::string channel;      ///< of a machine that another one runs
  std::uint64_t first = 0;  ///< index of the first trial
  Show show;
};

/// Help of --expect, which a matrix has too.
inline constexpr const char* kExpectHelp =
    "What is known of this kernel, where its version does not tell: REPRO=fixed:REASON, or "
    "affected "
    "or unknown (repeatable); controls stay what they are";

/// Adds the options of `hangrate run` that the one of a guest has too.
void add_run_options(CLI::App& app, RunOptions& options);

/// The machine as a run records it; takes some milliseconds.
Environment examine_machine();

/// Selects cells from the catalog and checks every value. Usage errors name what would be right.
Result<SessionPlan> make_plan(const RunOptions& options, const std::vector<CatalogEntry>& catalog,
                              const std::vector<std::string>& argv, const Environment& environment);

/// The plan of a journal to go on with.
Result<SessionPlan> make_resume_plan(const RunOptions& options,
                                     const std::vector<CatalogEntry>& catalog);

std::uint64_t random_seed();
/// Now, UTC, ISO 8601.
std::string utc_text();

/// A folder name for a run, not taken yet.
std::string default_results_folder();

/// "90", "90s", "2m", "1h", "500ms" in ns. Positive and at most a year.
Result<Nanos> parse_duration(const std::string& text);

}  // namespace hangrate
