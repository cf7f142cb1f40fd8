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
  if (cell_of(**record) != 0) return broken("of another cell");
  if (ended()) return broken("one behind the end");
  if (const auto* batch = std::get_if<BatchRecord>(&**record)) {
    return take_range(batch->first, batch->count);
  }
  if (const auto* trial = std::get_if<TrialRecord>(&**record)) {
    if (!possible(trial->observation)) return broken("one of no possible time");
    return take_range(trial->observation.trial, 1);
  }
  if (const auto* end = std::get_if<CellEndRecord>(&**record)) end_ = end->reason;
  return {};
}

Result<void> CellIntake::take_header(const Json& line) {
  if (started()) return broken("a second header");
  const auto header = header_from_json(line);
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
  workers_ = std::max(cell.workers, 1);
  return {};
}

Result<void> CellIntake::take_range(std::uint64_t first, std::uint64_t count) {
  const std::uint64_t offset = first - order_.trials.first;  // huge if it lies before
  if (count == 0 || offset >= order_.trials.count || count > order_.trials.count - offset) {
    return broken(fmt::format("{} trials from {}, ordered were {} from {}", count, first,
                              order_.trials.count, order_.trials.first));
  }
  if (recorded_.add(first, count) != count) {
    return broken(fmt::format("trial {} twice", first));
  }
  return {};
}

std::vector<std::uint64_t> CellIntake::in_flight() const {
  std::vector<std::uint64_t> trials;
  if (!started() || ended()) return trials;
  std::uint64_t limit = order_.trials.first + order_.trials.count;
  if (recorded_.next_gap(order_.trials.first, std::min(order_.search, limit))) {
    limit = order_.search;  // measuring begins when the search is over
  }
  std::uint64_t from = order_.trials.first;
  while (trials.size() < static_cast<std::size_t>(workers_)) {
    const auto gap = recorded_.next_gap(from, limit);
    if (!gap) break;
    trials.push_back(gap->first);
    const bool tail = gap->first + gap->count >= limit;
    from = tail ? gap->first + 1 : gap->first + gap->count;
  }
  return trials;
}

}  // namespace hangrate
