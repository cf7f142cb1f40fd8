// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/store/journal.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include <sys/stat.h>

#include "harness/base/output.h"
#include "harness/model/json.h"
#include "harness/model/manifest_check.h"

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
    if (!known || !counts || !is_name(spec.repro) || !is_name(spec.variant)) {
      return fail(Error::usage("malformed journal header: cell " + spec.repro + "/" + spec.variant +
                               " has a name, a variant or a number that cannot be"));
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

/// nullopt: of a kind that a later version knows.
Result<std::optional<Record>> parse_record(const std::string& line, std::size_t cells,
                                           const std::string& where) {
  const auto json = parse_json(line);
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
  return record;
}

}  // namespace

std::string journal_in(const std::string& directory) {
  return directory + "/" + kFileName;
}

std::string journal_line(const Record& record) {
  return dump_line(to_json_value(record));
}

Result<LineFile> create_journal(const std::string& directory, const RunHeader& header) {
  if (const auto made = make_folder(directory); !made) {
    return fail(made.error().context("making the results folder"));
  }
  return LineFile::create(journal_in(directory), dump_line(to_json_value(header)));
}

Result<LinesRead> read_journal(const std::string& path,
                               const std::function<Result<void>(const RunHeader&)>& on_header,
                               const std::function<void(const Record&)>& on_record) {
  struct stat info {};
  std::string file = path;
  if (::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) file = journal_in(path);
  std::size_t cells = 0;
  const auto read =
      read_lines(file, [&](const std::string& line, std::uint64_t number) -> Result<bool> {
        if (number == 1) {
          const auto header = parse_header(line, file);
          if (!header) return fail(header.error());
          cells = header->cells.size();
          HR_TRY(on_header(*header));
          return true;
        }
        const auto record = parse_record(line, cells, file + ":" + std::to_string(number));
        if (!record) return fail(record.error());
        if (*record) on_record(**record);
        return record->has_value();
      });
  if (read && read->lines == 0) return fail(Error::usage(file + " is empty: no run header in it"));
  return read;
}

}  // namespace hangrate
