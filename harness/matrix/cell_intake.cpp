// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/matrix/cell_intake.h"

#include <algorithm>

#include <fmt/format.h>

namespace hangrate {

namespace {

constexpr int kMostWorkers = 1024;  // as journals are read

Failure broken(const std::string& why) {
  return fail(Error::infrastructure("a record that cannot be: " + why));
}

/// Times of one clock, so that none is before it began and their differences are numbers.
bool possible(const Observation& seen) {
  constexpr Nanos kLatest = Nanos{1} << 62;  // 146 years
  const Nanos times[] = {seen.trial_start, seen.wedge,  seen.opened,    seen.proven,
                         seen.ended,       seen.window, seen.slow_after};
  return std::all_of(std::begin(times), std::end(times),
                     [](Nanos time) { return time >= 0 && time <= kLatest; });
}

}  // namespace

Result<void> CellIntake::take(const Json& line) {
  if (!line.is_object() || !line.contains("type")) return broken("it is of no kind");
  if (line["type"] == "run") return take_header(line);
  if (!started()) return broken("one before its header");
  const auto record = record_from_json(line);
  if (!record) return fail(record.error());
  if (!*record) return {};  // of a kind that a later version may know
  HR_TRY(check(**record));
  ended_ = std::holds_alternative<CellEndRecord>(**record);
  result_.apply(**record);
  return {};
}

Result<void> CellIntake::check(const Record& record) const {
  if (cell_of(record) != 0) return broken("of another cell");
  if (ended()) return broken("one behind the end");
  if (const auto* batch = std::get_if<BatchRecord>(&record)) {
    return check_range(batch->first, batch->count);
  }
  const auto* trial = std::get_if<TrialRecord>(&record);
  if (trial == nullptr) return {};
  if (!possible(trial->observation)) return broken("one of no possible time");
  return check_range(trial->observation.trial, 1);
}

Result<void> CellIntake::take_header(const Json& line) {
  if (started()) return broken("a second header");
  auto header = header_from_json(line);
  if (!header) return fail(header.error());
  const bool ours = header->cells.size() == 1 && header->cells[0].repro == order_.repro &&
                    header->cells[0].variant == order_.variant;
  if (!ours) return broken("the header of another reproducer");
  const CellSpec& cell = header->cells[0];
  if (cell.search != order_.search) return broken("the header of another search");
  for (const auto& [name, value] : order_.params) {
    const auto said = cell.params.find(name);
    if (said == cell.params.end() || said->second != value) {
      return broken("a header without the parameter " + name + "=" + value);
    }
  }
  if (cell.workers > kMostWorkers) return broken("more workers than there can be");
  header_ = std::move(*header);
  return {};
}

Result<void> CellIntake::check_range(std::uint64_t first, std::uint64_t count) const {
  const std::uint64_t offset = first - order_.trials.first;  // huge if it lies before
  if (count == 0 || offset >= order_.trials.count || count > order_.trials.count - offset) {
    return broken(fmt::format("{} trials from {}, ordered were {} from {}", count, first,
                              order_.trials.count, order_.trials.first));
  }
  if (result_.recorded().next_gap(first, first + count) != IndexRange{first, count}) {
    return broken(fmt::format("trial {} twice", first));
  }
  return {};
}

std::vector<TrialRecord> CellIntake::lose(Outcome outcome, Rule rule, const std::string& why) {
  std::vector<TrialRecord> lost;
  for (const std::uint64_t trial : in_flight()) {
    lost.push_back(unwatched_trial(0, order_.repro, order_.variant, trial, outcome, rule, why));
    result_.apply(lost.back());
  }
  return lost;
}

std::vector<std::uint64_t> CellIntake::in_flight() const {
  std::vector<std::uint64_t> trials;
  if (!started() || ended()) return trials;
  std::uint64_t limit = order_.trials.first + order_.trials.count;
  if (result_.recorded().next_gap(order_.trials.first, std::min(order_.search, limit))) {
    limit = order_.search;  // measuring begins when the search is over
  }
  std::uint64_t from = order_.trials.first;
  const auto workers = static_cast<std::size_t>(std::max(header_->cells[0].workers, 1));
  while (trials.size() < workers) {
    const auto gap = result_.recorded().next_gap(from, limit);
    if (!gap) break;
    trials.push_back(gap->first);
    const bool tail = gap->first + gap->count >= limit;
    from = tail ? gap->first + 1 : gap->first + gap->count;
  }
  return trials;
}

}  // namespace hangrate
