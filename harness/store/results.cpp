// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/store/results.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "harness/base/file.h"
#include "harness/base/text.h"
#include "harness/console/console_log.h"
#include "harness/judge/trial_verdict.h"
#include "harness/store/journal.h"

namespace hangrate {

namespace {

constexpr const char* kUnknownRelease = "unknown";  // no guest of the row has told it yet

/// By what was seen of it. What a reproducer, a worker's end or a lost machine said is no
/// judgement, and nothing that was seen says it again.
bool was_judged(Rule rule) {
  constexpr Rule kTold[] = {Rule::NamedForeignTask, Rule::Reported,       Rule::ReproducerFailed,
                            Rule::ReproducerSkips,  Rule::NoWorkerStarts, Rule::LostMachine};
  return std::find(std::begin(kTold), std::end(kTold), rule) == std::end(kTold);
}

/// The record of a trial with the verdict this program's rules give it; nullopt if there is nothing
/// to judge: a batch, a trial nobody watched.
std::optional<TrialRecord> judged_again(const Record& record, const RunHeader& header) {
  const auto* trial = std::get_if<TrialRecord>(&record);
  if (trial == nullptr || trial->observation.rounds.empty()) return std::nullopt;
  if (!was_judged(trial->verdict.rule)) return std::nullopt;
  TrialRecord again = *trial;
  again.verdict = judge_trial(again.observation, header.cells[again.cell].variant_spec());
  return again;
}

void take(Row& row, const RowRecord& record) {
  row.label = record.label;
  row.accel = record.accel;
  row.identity = record.identity;
  row.trouble = record.trouble;
  row.header.environment.build_note = record.build_note;
  row.header.environment.reverted = record.reverted;
  row.flaws.clear();  // told when this row was not gone on with; now it is
}

void take(Row& row, const RowNote& note) {
  auto& notes = note.flaw ? row.flaws : row.notes;
  if (!contains(notes, note.text)) notes.push_back(note.text);
}

void take(Row& row, const BootRecord& record) {
  if (!record.end) {
    Boot boot;
    boot.number = record.number;
    boot.folder = boot_place(record.id, record.number);
    row.boots.push_back(std::move(boot));
    return;
  }
  for (Boot& boot : row.boots) {
    if (boot.number != record.number) continue;
    boot.end = *record.end;
    boot.why = record.why;
    boot.boot_time = record.boot_time;
    boot.total_time = record.total_time;
    boot.load = record.load;
  }
}

/// A row with the cells as planned; a cell of a boot brings the whole specification.
Row planned_row(const MatrixHeader& header, const MatrixKernel& kernel) {
  Row row;
  row.id = kernel.id;
  row.spec = row.label = kernel.spec;
  row.cmdline = kernel.cmdline;
  row.qemu = kernel.qemu;
  row.cpus = kernel.cpus;
  row.memory_mib = kernel.memory_mib;
  std::vector<std::string> command = {"hangrate",
                                      "matrix",
                                      header.file,
                                      "--filter",
                                      kernel.id,
                                      "--seed",
                                      std::to_string(header.seed)};
  command.insert(command.end(), header.options.begin(), header.options.end());
  row.repeat = shell_words(command);
  row.header.stated = kernel.expect;
  row.header.gate = header.gate;
  row.header.confidence = header.confidence;
  row.header.environment.release = kUnknownRelease;
  for (const MatrixCell& cell : header.plan.cells) {
    CellSpec spec;
    spec.repro = cell.repro;
    spec.variant = cell.variant;
    spec.trials = trials_of(kernel, cell);
    const auto search = kernel.search.find(cell.name());
    if (search != kernel.search.end()) spec.search = search->second;
    row.cells.emplace_back(spec);
    row.header.cells.push_back(std::move(spec));
  }
  return row;
}

/// What a boot says of itself: the environment comes from the guest, what sets the kernel apart
/// from its release, and how much is planned, from the row.
void take(Row& row, const RunHeader& said, std::size_t cell, int boot) {
  const Environment before = std::move(row.header.environment);
  if (before.release != kUnknownRelease &&
      (before.release != said.environment.release || before.version != said.environment.version)) {
    row.flaws.push_back(fmt::format("boot {} ran another kernel than the one before: {} {}", boot,
                                    said.environment.release, said.environment.version));
  }
  row.header.environment = said.environment;
  row.header.environment.build_note = before.build_note;
  row.header.environment.reverted = before.reverted;
  row.header.version = said.version;
  row.header.started = said.started;
  row.header.seed = said.seed;
  CellSpec& spec = row.header.cells[cell];
  const CellSpec planned = std::move(spec);
  spec = said.cells[0];
  spec.first = 0;
  spec.trials = planned.trials;
  spec.search = planned.search;
}

/// A console that is there and cannot be read may hold a complaint: no pass.
void take_console(Row& row, Boot& boot, const std::string& path) {
  if (!is_there(path)) return;
  auto findings = findings_in_file(path);
  if (!findings) row.flaws.push_back("its console is left out: " + findings.error().what());
  if (findings) boot.findings = std::move(*findings);
}

class Reader {
 public:
  explicit Reader(bool reclassify) : reclassify_(reclassify) {}

  Result<LoadedResults> run(const std::string& path) {
    RunHeader header;
    std::vector<CellResult> cells;
    HR_TRY(take_journal(
        path,
        [&](const RunHeader& said) -> Result<void> {
          header = said;
          for (const CellSpec& spec : header.cells) cells.emplace_back(spec);
          return {};
        },
        [&](const Record& record) { cells[cell_of(record)].apply(record); }));
    loaded_.run = native_run(std::move(header), std::move(cells));
    return std::move(loaded_);
  }

  Result<LoadedResults> matrix(const std::string& folder) {
    const auto read = read_matrix_file(
        folder, [this](const MatrixHeader& header) { lay_out(header); },
        [this](const MatrixRecord& record) {
          std::visit([this](const auto& one) { take_record(one); }, record);
        });
    if (!read) return fail(read.error());
    count(*read);
    for (Row& row : loaded_.run.rows) {
      for (Boot& boot : row.boots) take_boot(row, boot, folder + "/" + boot.folder + "/");
    }
    summarize_rows(loaded_.run);
    return std::move(loaded_);
  }

 private:
  void lay_out(const MatrixHeader& header) {
    loaded_.run.version = header.version;
    loaded_.run.started = header.started;
    loaded_.run.argv = header.argv;
    loaded_.run.confidence = header.confidence;
    for (const MatrixKernel& kernel : header.plan.kernels) {
      loaded_.run.rows.push_back(planned_row(header, kernel));
    }
    loaded_.matrix = header;
  }

  template <typename OfARow>
  void take_record(const OfARow& record) {
    const auto row = std::find_if(loaded_.run.rows.begin(), loaded_.run.rows.end(),
                                  [&](const Row& r) { return r.id == record.id; });
    if (row != loaded_.run.rows.end()) take(*row, record);
  }

  void take_boot(Row& row, Boot& boot, const std::string& place) {
    boot.clusters.resize(row.header.cells.size());
    take_console(row, boot, place + "console.log");
    for (std::size_t cell = 0; cell < row.header.cells.size(); ++cell) {
      const CellSpec& spec = row.header.cells[cell];
      const std::string path = place + cell_file(spec.repro, spec.variant);
      if (!is_there(path)) continue;
      // One spoilt file must not take the results of every other kernel with it.
      if (const auto taken = take_cell(row, cell, boot, path); !taken) {
        row.flaws.push_back("left out from there on: " + taken.error().what());
      }
    }
  }

  /// Adds what one boot recorded of one cell.
  Result<void> take_cell(Row& row, std::size_t cell, Boot& boot, const std::string& path) {
    CellResult alone(row.header.cells[cell]);
    const auto taken = take_journal(
        path,
        [&](const RunHeader& said) -> Result<void> {
          if (said.cells.size() != 1) return fail(Error::usage(path + ": not one cell"));
          take(row, said, cell, boot.number);
          return {};
        },
        [&](const Record& record) {
          alone.apply(record);
          row.cells[cell].apply(record);
        });
    boot.clusters[cell] = {alone.tally().conclusive(), alone.tally().reproductions()};
    return taken;
  }

  /// One journal; `apply` gets its records as they count: judged again, if that was asked for.
  Result<void> take_journal(const std::string& path,
                            const std::function<Result<void>(const RunHeader&)>& on_header,
                            const std::function<void(const Record&)>& apply) {
    RunHeader own;
    const auto read = read_journal(
        path,
        [&](const RunHeader& header) {
          own = header;
          return on_header(header);
        },
        [&](const Record& record) {
          const auto again = reclassify_ ? judged_again(record, own) : std::nullopt;
          if (!again) return apply(record);
          const Verdict& before = std::get<TrialRecord>(record).verdict;
          if (kind_of(again->verdict) != kind_of(before)) ++loaded_.reclassified;
          apply(*again);
        });
    if (!read) return fail(read.error());
    count(*read);
    return {};
  }

  void count(const LinesRead& read) {
    loaded_.cut_off += read.cut_off ? 1u : 0u;
    loaded_.unknown_records += read.unknown;
  }

  bool reclassify_;
  LoadedResults loaded_;
};

}  // namespace

Result<LoadedResults> load_results(const std::string& path, bool reclassify) {
  Reader reader(reclassify);
  return holds_matrix(path) ? reader.matrix(path) : reader.run(path);
}

std::vector<std::string> journals_at(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (!fs::is_directory(path, error) || fs::exists(journal_in(path), error)) return {path};
  std::vector<std::string> paths;
  for (fs::recursive_directory_iterator at(path, error), end; !error && at != end;
       at.increment(error)) {
    if (at.depth() > 2) at.disable_recursion_pending();
    const fs::path& file = at->path();
    if (file.extension() == ".jsonl" && file.filename() != "matrix.jsonl") paths.push_back(file);
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace hangrate
