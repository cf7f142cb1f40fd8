// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/store/journal.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include <sys/stat.h>

#include "harness/base/input.h"
#include "harness/base/output.h"
#include "harness/model/json.h"

namespace hangrate {

namespace {

constexpr const char* kFileName = "journal.jsonl";

constexpr std::uint64_t kMostTrials = 1ull << 62;
constexpr int kMostWorkers = 1024;

/// What the code behind relies on and a file need not keep to.
Result<void> check_header(const RunHeader& header) {
  if (!(header.confidence > 0.0 && header.confidence < 1.0)) {
    return fail(Error::usage("malformed journal header: its confidence is not between 0 and 1"));
  }
  for (const CellSpec& spec : header.cells) {
    const std::vector<Variant>& variants = spec.manifest.variants;
    const bool known = std::any_of(variants.begin(), variants.end(),
                                   [&](const Variant& v) { return v.name == spec.variant; });
    const bool counts = spec.trials <= kMostTrials / 2 && spec.first <= kMostTrials / 2 &&
                        spec.search <= kMostTrials / 2 && spec.workers >= 1 &&
                        spec.workers <= kMostWorkers;
    if (!known || !counts) {
      return fail(Error::usage("malformed journal header: cell " + spec.repro + "/" + spec.variant +
                               " has a variant or a number that cannot be"));
    }
  }
  return {};
}

/// The end of the trials a record speaks of.
std::uint64_t last_trial_of(const Record& record) {
  if (const auto* batch = std::get_if<BatchRecord>(&record)) {
    return batch->count > kMostTrials ? batch->count
                                      : std::max(batch->first, batch->first + batch->count);
  }
  if (const auto* trial = std::get_if<TrialRecord>(&record)) return trial->observation.trial;
  return 0;
}

Result<RunHeader> parse_header(const std::string& line, const std::string& path) {
  auto json = parse_json(line);
  if (!json || !json->is_object() || !json->contains("type") || (*json)["type"] != "run") {
    return fail(Error::usage(path + " is not a hangrate journal: its first line is no run header"));
  }
  if (json->contains("schema") && (*json)["schema"] > kJournalSchema) {
    return fail(Error::usage(path + " has journal schema " + (*json)["schema"].dump() +
                             ", this hangrate knows up to " + std::to_string(kJournalSchema) +
                             ": use a newer hangrate"));
  }
  auto header = header_from_json(*json);
  if (!header) return fail(header.error().context(path));
  const auto sound = check_header(*header);
  if (!sound) return fail(sound.error().context(path));
  return header;
}

}  // namespace

std::string Journal::path_in(const std::string& directory) {
  return directory + "/" + kFileName;
}

Result<Journal> Journal::create(const std::string& directory, const RunHeader& header) {
  if (const auto made = make_folder(directory); !made) {
    return fail(made.error().context("making the results folder"));
  }
  auto file = LineFile::create(path_in(directory), dump_line(to_json_value(header)));
  if (!file) return fail(file.error());
  return Journal(std::move(*file));
}

Result<Journal> Journal::reopen(const std::string& directory) {
  auto file = LineFile::reopen(path_in(directory));
  if (!file) return fail(file.error());
  return Journal(std::move(*file));
}

Result<void> Journal::append(const Record& record) {
  return file_.append(dump_line(to_json_value(record)));
}

Result<void> Journal::finish() {
  const auto sealed = file_.finish();
  return sealed ? Result<void>() : fail(sealed.error());
}

Result<JournalStats> read_journal(const std::string& path,
                                  const std::function<Result<void>(const RunHeader&)>& on_header,
                                  const std::function<void(const Record&)>& on_record) {
  struct stat info {};
  std::string file_path = path;
  if (::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) file_path = Journal::path_in(path);
  const auto file = open_input(file_path);
  if (!file) return fail(file.error());

  JournalStats stats;
  std::size_t cells = 0;
  LineReader lines(file->get());
  std::string line;
  while (true) {
    const LineReader::Got got = lines.next(line);
    HR_TRY(LineReader::trouble(got, file_path, stats.lines + 1));
    stats.cut_off = got == LineReader::Got::Unfinished;
    if (got != LineReader::Got::Line) break;
    ++stats.lines;
    if (stats.lines == 1) {
      auto header = parse_header(line, file_path);
      if (!header) return fail(header.error());
      cells = header->cells.size();
      HR_TRY(on_header(*header));
      continue;
    }
    const std::string where = file_path + ":" + std::to_string(stats.lines);
    auto json = parse_json(line);
    if (!json) return fail(json.error().context(where));
    auto record = record_from_json(*json);
    if (!record) return fail(record.error().context(where));
    if (*record && cell_of(**record) >= cells) {
      return fail(Error::usage(where + ": a record of cell " + std::to_string(cell_of(**record)) +
                               ", but the run has " + std::to_string(cells)));
    }
    if (*record && last_trial_of(**record) > kMostTrials) {
      return fail(Error::usage(where + ": a trial number no run reaches"));
    }
    if (*record) {
      on_record(**record);
    } else {
      ++stats.unknown;
    }
  }
  if (stats.lines == 0) return fail(Error::usage(file_path + " is empty: no run header in it"));
  return stats;
}

}  // namespace hangrate
