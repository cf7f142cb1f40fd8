// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/app/recorded_trial.h"

#include <algorithm>
#include <filesystem>
#include <vector>

#include <fmt/format.h>

#include "harness/base/text.h"
#include "harness/report/summary.h"
#include "harness/store/journal.h"
#include "harness/store/matrix_store.h"

namespace hangrate {

namespace {

/// What a pass over the journal finds.
struct Search {
  std::optional<std::uint64_t> trial;
  std::string cell;
  Sought sought = Sought::Trace;
  RunHeader header;
  std::vector<TrialRecord> found;       ///< with what is sought, and asked for
  std::vector<TrialRecord> unrecorded;  ///< asked for by number, without it
  std::vector<std::string> others;      ///< trials of other numbers that have it

  std::string name_of(std::size_t index) const { return cell_name(header.cells[index]); }

  void see(const TrialRecord& record) {
    const std::string name = name_of(record.cell);
    if (!cell.empty() && name != cell) return;
    const Observation& seen = record.observation;
    const bool recorded = sought == Sought::Shot ? !seen.shot.plan.empty() : seen.trace.has_value();
    if (trial && record.observation.trial != *trial) {
      if (recorded) others.push_back(fmt::format("{}", record.observation.trial));
      return;
    }
    if (!recorded) {
      if (trial) unrecorded.push_back(record);
      return;
    }
    // Without a number one is enough, a hang rather than another: traces are large.
    const bool hang = record.verdict.outcome == Outcome::Hang;
    if (trial || found.empty()) {
      found.push_back(record);
    } else if (hang && found.front().verdict.outcome != Outcome::Hang) {
      found.front() = record;
    }
  }
};

std::string some_of(std::vector<std::string> names) {
  constexpr std::size_t kShown = 10;
  const bool more = names.size() > kShown;
  if (more) names.resize(kShown);
  return fmt::format("{}{}", fmt::join(names, ", "), more ? ", ..." : "");
}

Result<void> check_cell(const Search& search, const std::string& path) {
  std::vector<std::string> names;
  for (const CellSpec& spec : search.header.cells) names.push_back(cell_name(spec));
  if (search.cell.empty() || contains(names, search.cell)) return {};
  return fail(Error::usage(fmt::format("--cell {}: no such cell in {}; there are: {}", search.cell,
                                       path, some_of(names))));
}

/// Why there is no trace of `trial`, or of any trial.
std::string why_untraced(const TraceSetup& setup, const TrialRecord* trial) {
  if (setup.mode == TraceMode::Off) {
    return "traces are kept where the kernel allows tracing programs, unless the run has --trace "
           "off, as this one had";
  }
  if (!setup.refused.empty()) return "the run was to keep traces, but: " + setup.refused;
  if (trial == nullptr) {
    return "the run kept traces, but of trials that hung; --trace always keeps ordinary ones too";
  }
  if (trial->observation.traced) {
    return "it was watched, but ended before a trace was taken, or had the same hang as 1000 "
           "trials "
           "before it: of those one in 20 is kept";
  }
  const std::string text = "the run kept traces, but the lease of this trial was not watched";
  return setup.mode == TraceMode::Compare ? text + ": --trace compare watches every other one"
                                          : text;
}

/// How the error speaks of what is missing: its noun, and why it is.
std::pair<const char*, std::string> missing(const Search& search) {
  if (search.sought == Sought::Shot) {
    return {"shot",
            "only trials of a widened race are aimed (--param widen=auto), and only those that did "
            "not simply end are recorded"};
  }
  const TrialRecord* trial = search.unrecorded.empty() ? nullptr : &search.unrecorded.front();
  return {"trace", why_untraced(search.header.trace, trial)};
}

Error nothing_found(const Search& search, const std::string& path, bool cut_off) {
  const char* cut =
      cut_off ? "; the last record of the journal was cut off by a kill and is left out" : "";
  const auto [noun, why] = missing(search);
  if (search.trial && !search.unrecorded.empty()) {
    return Error::usage(fmt::format("trial {} of {} in {} has no {}: {}{}", *search.trial,
                                    search.name_of(search.unrecorded.front().cell), path, noun, why,
                                    cut));
  }
  if (!search.trial) {
    return Error::usage(fmt::format("{} has no {} of any trial: {}{}", path, noun, why, cut));
  }
  const std::string there =
      search.others.empty() ? fmt::format("none of it has a {}", noun)
                            : fmt::format("with a {} there are {}", noun, some_of(search.others));
  return Error::usage(
      fmt::format("{} has no record of trial {}: trials that simply end have none; {}{}", path,
                  *search.trial, there, cut));
}

/// "FOLDER:abc" would be told as a file that is missing.
Result<void> check_number(const std::string& path, const std::string& where) {
  std::error_code error;
  const std::size_t colon = path.rfind(':');
  if (colon == path.npos || std::filesystem::exists(path, error)) return {};
  if (!std::filesystem::exists(path.substr(0, colon), error)) return {};
  return fail(
      Error::usage(fmt::format("{}: \"{}\" is no trial number", where, path.substr(colon + 1))));
}

}  // namespace

std::pair<std::string, std::optional<std::uint64_t>> split_trial(const std::string& where) {
  const std::size_t colon = where.rfind(':');
  std::error_code error;
  if (colon == where.npos || std::filesystem::exists(where, error)) return {where, std::nullopt};
  const std::string digits = where.substr(colon + 1);
  const bool number = !digits.empty() && digits.size() <= 18 &&
                      digits.find_first_not_of("0123456789") == digits.npos;
  if (!number) return {where, std::nullopt};
  return {where.substr(0, colon), std::stoull(digits)};
}

Result<RecordedTrial> find_recorded_trial(const TrialChoice& choice) {
  const auto [path, trial] = split_trial(choice.where);
  HR_TRY(check_number(path, choice.where));
  if (holds_matrix(path)) {
    return fail(Error::usage(path + " holds a matrix run: name the journal of one boot and cell, " +
                             "such as " + path + "/KERNEL/boot-001/REPRODUCER.VARIANT.jsonl"));
  }
  Search search{.trial = trial, .cell = choice.cell, .sought = choice.sought};
  const auto read = read_journal(
      path,
      [&search, &path = path](const RunHeader& header) {
        search.header = header;
        return check_cell(search, path);
      },
      [&](const Record& record) {
        if (const auto* one = std::get_if<TrialRecord>(&record)) search.see(*one);
      });
  if (!read) return fail(read.error());
  if (search.found.empty()) return fail(nothing_found(search, path, read->cut_off));
  if (search.found.size() > 1) {
    std::vector<std::string> names;
    for (const TrialRecord& record : search.found) names.push_back(search.name_of(record.cell));
    return fail(Error::usage(fmt::format("trial {} is one of several cells: choose by --cell {}",
                                         *trial, fmt::join(names, " or --cell "))));
  }
  TrialRecord& record = search.found.front();
  return RecordedTrial{.environment = search.header.environment,
                       .seed = search.header.seed,
                       .cell = search.header.cells[record.cell],
                       .record = std::move(record),
                       .cut_off = read->cut_off};
}

}  // namespace hangrate
