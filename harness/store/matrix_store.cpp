// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/store/matrix_store.h"

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>
#include <sys/stat.h>

#include "harness/base/input.h"
#include "harness/base/output.h"
#include "harness/base/text.h"
#include "harness/console/console_log.h"
#include "harness/model/gate_json.h"
#include "harness/model/json_fields.h"
#include "harness/model/stated_json.h"
#include "harness/store/journal.h"
#include "harness/store/results.h"

namespace hangrate {

HR_JSON(MatrixCell, repro, variant, trials, boots)
HR_JSON(MatrixKernel, id, spec, cmdline, cpus, memory_mib, boots, boot_limit_s, boot_mib, params,
        search, expect)
HR_JSON(MatrixPlan, kernels, cells)
HR_JSON(MatrixHeader, version, started, argv, file, options, warm, trace, seed, confidence, gate,
        plan)
HR_JSON(RowRecord, id, label, accel, build_note, reverted, identity, trouble)
HR_JSON(RowNote, id, text, flaw)
static void to_json(Json& json, const BootRecord& boot) {
  json = {{"id", boot.id},
          {"number", boot.number},
          {"end", boot.end ? end_name(*boot.end) : ""},
          {"why", boot.why},
          {"boot_time", boot.boot_time},
          {"total_time", boot.total_time},
          {"load", boot.load}};
}
static void from_json(const Json& json, BootRecord& boot) {
  boot.id = json.value("id", "");
  boot.number = json.value("number", boot.number);
  const std::string end = json.value("end", "");
  if (!end.empty()) boot.end = boot_end_of(end);
  boot.why = json.value("why", "");
  boot.boot_time = json.value("boot_time", Nanos{0});
  boot.total_time = json.value("total_time", Nanos{0});
  boot.load = json.value("load", LoadFact{});
}

namespace {

constexpr const char* kFileName = "matrix.jsonl";
constexpr int kMatrixJournalSchema = 1;
constexpr const char* kUnknownRelease = "unknown";  // no guest of the row has told it yet

template <typename T>
std::string tagged(const char* type, const T& value) {
  Json json = {{"type", type}};
  json.update(Json(value));
  return dump_line(json);
}

std::string boot_name(int number) {
  return fmt::format("boot-{:03}", number);
}

Row* row_of(RunResult& run, const std::string& id) {
  const auto row =
      std::find_if(run.rows.begin(), run.rows.end(), [&](const Row& r) { return r.id == id; });
  return row != run.rows.end() ? &*row : nullptr;
}

void take_row(RunResult& run, const RowRecord& record) {
  Row* row = row_of(run, record.id);
  if (row == nullptr) return;
  row->label = record.label;
  row->accel = record.accel;
  row->identity = record.identity;
  row->trouble = record.trouble;
  row->header.environment.build_note = record.build_note;
  row->header.environment.reverted = record.reverted;
  row->flaws.clear();  // told when this row was not gone on with; now it is
}

void take_note(RunResult& run, const RowNote& note) {
  Row* row = row_of(run, note.id);
  if (row == nullptr) return;
  auto& notes = note.flaw ? row->flaws : row->notes;
  if (std::find(notes.begin(), notes.end(), note.text) == notes.end()) notes.push_back(note.text);
}

void take_boot(RunResult& run, const BootRecord& record) {
  Row* row = row_of(run, record.id);
  if (row == nullptr) return;
  if (!record.end) {
    Boot boot;
    boot.number = record.number;
    boot.folder = record.id + "/" + boot_name(record.number);
    row->boots.push_back(std::move(boot));
    return;
  }
  for (Boot& boot : row->boots) {
    if (boot.number != record.number) continue;
    boot.end = *record.end;
    boot.why = record.why;
    boot.boot_time = record.boot_time;
    boot.total_time = record.total_time;
    boot.load = record.load;
  }
}

/// Adds what one boot recorded of one cell. The environment comes from the guest, what sets the
/// kernel apart from its release from the row.
Result<void> take_cell(LoadedMatrix& loaded, Row& row, std::size_t cell, Boot& boot,
                       const std::string& path, bool reclassify) {
  CellResult alone(row.header.cells[cell]);
  RunHeader own;
  const auto read = read_journal(
      path,
      [&](const RunHeader& header) -> Result<void> {
        if (header.cells.size() != 1) return fail(Error::usage(path + ": not one cell"));
        own = header;
        const std::uint64_t planned = row.header.cells[cell].trials;
        const std::uint64_t search = row.header.cells[cell].search;
        const Environment& before = row.header.environment;
        if (before.release != kUnknownRelease && (before.release != header.environment.release ||
                                                  before.version != header.environment.version)) {
          row.flaws.push_back(fmt::format("boot {} ran another kernel than the one before: {} {}",
                                          boot.number, header.environment.release,
                                          header.environment.version));
        }
        const auto note = row.header.environment.build_note;
        const auto reverted = row.header.environment.reverted;
        row.header.environment = header.environment;
        row.header.environment.build_note = note;
        row.header.environment.reverted = reverted;
        row.header.version = header.version;
        row.header.started = header.started;
        row.header.seed = header.seed;
        row.header.cells[cell] = header.cells[0];
        row.header.cells[cell].first = 0;
        row.header.cells[cell].trials = planned;
        row.header.cells[cell].search = search;
        return {};
      },
      [&](const Record& record) {
        const auto again = reclassify ? judged_again(record, own) : std::nullopt;
        if (again && kind_of(again->verdict) != kind_of(std::get<TrialRecord>(record).verdict)) {
          ++loaded.reclassified;
        }
        const Record& taken = again ? Record(*again) : record;
        alone.apply(taken);
        row.cells[cell].apply(taken);
      });
  if (read) {
    loaded.cut_off += read->cut_off ? 1u : 0u;
    loaded.unknown_records += read->unknown;
  }
  boot.clusters[cell] = {alone.tally().conclusive(), alone.tally().reproductions()};
  if (!read) return fail(read.error());
  return {};
}

/// What cannot be looked at is there: reading it says why.
bool exists(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

/// A console that is there and cannot be read may hold a complaint: no pass.
void take_console(Row& row, Boot& boot, const std::string& path) {
  if (!exists(path)) return;
  auto findings = findings_in_file(path);
  if (!findings) row.flaws.push_back("its console is left out: " + findings.error().what());
  if (findings) boot.findings = std::move(*findings);
}

void take_results(LoadedMatrix& loaded, const std::string& folder, bool reclassify) {
  for (Row& row : loaded.run.rows) {
    for (Boot& boot : row.boots) {
      boot.clusters.resize(row.header.cells.size());
      const std::string place = folder + "/" + boot.folder + "/";
      take_console(row, boot, place + "console.log");
      for (std::size_t cell = 0; cell < row.header.cells.size(); ++cell) {
        const CellSpec& spec = row.header.cells[cell];
        const std::string path = place + cell_file(spec.repro, spec.variant);
        if (!exists(path)) continue;
        // One spoilt file must not take the results of every other kernel with it.
        if (const auto taken = take_cell(loaded, row, cell, boot, path, reclassify); !taken) {
          row.flaws.push_back("left out from there on: " + taken.error().what());
        }
      }
    }
  }
}

/// Rows with the cells as planned; a cell of a boot brings the whole specification.
void lay_out(LoadedMatrix& loaded) {
  const MatrixHeader& header = loaded.header;
  loaded.run.version = header.version;
  loaded.run.started = header.started;
  loaded.run.argv = header.argv;
  loaded.run.confidence = header.confidence;
  for (const MatrixKernel& kernel : header.plan.kernels) {
    Row row;
    row.id = kernel.id;
    row.spec = kernel.spec;
    row.label = kernel.spec;
    row.cmdline = kernel.cmdline;
    row.cpus = kernel.cpus;
    row.memory_mib = kernel.memory_mib;
    row.repeat = fmt::format("hangrate matrix {} --filter {} --seed {}", shell_word(header.file),
                             kernel.id, header.seed);
    if (!header.options.empty()) row.repeat += " " + shell_words(header.options);
    row.header.stated = kernel.expect;
    row.header.gate = header.gate;
    row.header.confidence = header.confidence;
    row.header.environment.release = kUnknownRelease;
    for (const MatrixCell& cell : header.plan.cells) {
      CellSpec spec;
      spec.repro = cell.repro;
      spec.variant = cell.variant;
      spec.trials = cell.trials;
      const auto search = kernel.search.find(cell_name(spec));
      if (search != kernel.search.end()) spec.search = search->second;
      row.cells.emplace_back(spec);
      row.header.cells.push_back(std::move(spec));
    }
    loaded.run.rows.push_back(std::move(row));
  }
}

}  // namespace

std::string cell_file(const std::string& repro, const std::string& variant) {
  return repro + "." + variant + ".jsonl";
}

bool holds_matrix(const std::string& folder) {
  return exists(folder + "/" + kFileName);
}

Result<MatrixStore> MatrixStore::create(const std::string& folder, const MatrixHeader& header) {
  if (const auto made = make_folder(folder); !made) {
    return fail(made.error().context("making the results folder"));
  }
  Json json = {{"type", "matrix"}, {"schema", kMatrixJournalSchema}};
  json.update(Json(header));
  auto file = LineFile::create(folder + "/" + kFileName, dump_line(json));
  if (!file) return fail(file.error());
  return MatrixStore(folder, std::move(*file));
}

Result<MatrixStore> MatrixStore::reopen(const std::string& folder) {
  auto file = LineFile::reopen(folder + "/" + kFileName);
  if (!file) return fail(file.error());
  return MatrixStore(folder, std::move(*file));
}

/// There are few of them, and each speaks for many trials.
Result<void> MatrixStore::append(const std::string& line) {
  HR_TRY(file_.append(line));
  return file_.commit();
}

Result<void> MatrixStore::add(const RowRecord& row) {
  return append(tagged("row", row));
}

Result<void> MatrixStore::add(const BootRecord& boot) {
  return append(tagged("boot", boot));
}

Result<void> MatrixStore::add(const RowNote& note) {
  return append(tagged("note", note));
}

Result<void> MatrixStore::finish() {
  for (const FileSeal& seal : kept_) HR_TRY(seal.check_again());
  const auto sealed = file_.finish();
  return sealed ? Result<void>() : fail(sealed.error());
}

Result<std::string> MatrixStore::boot_folder(const std::string& id, int number) const {
  const std::string row = folder_ + "/" + id;
  std::string path = row + "/" + boot_name(number);
  HR_TRY(make_folder(row));
  HR_TRY(make_folder(path));
  return path;
}

Result<LoadedMatrix> load_matrix(const std::string& folder, bool reclassify) {
  const std::string path = folder + "/" + kFileName;
  const auto file = open_input(path);
  if (!file) return fail(file.error());
  LoadedMatrix loaded;
  LineReader lines(file->get());
  std::string line;
  int number = 0;
  LineReader::Got got = lines.next(line);
  for (; got == LineReader::Got::Line; got = lines.next(line)) {
    const std::string where = path + ":" + std::to_string(++number);
    const auto json = parse_json(line);
    if (!json || !json->is_object()) return fail(Error::usage(where + ": not a record"));
    try {
      const std::string type = json->value("type", "");
      if (number == 1) {
        if (type != "matrix") return fail(Error::usage(where + ": not the journal of a matrix"));
        if (json->value("schema", 0) > kMatrixJournalSchema) {
          return fail(Error::usage(where + ": made by a newer hangrate: use that one"));
        }
        loaded.header = json->get<MatrixHeader>();
        if (!(loaded.header.confidence > 0.0 && loaded.header.confidence < 1.0)) {
          return fail(Error::usage(where + ": its confidence is not between 0 and 1"));
        }
        lay_out(loaded);
      } else if (type == "row") {
        take_row(loaded.run, json->get<RowRecord>());
      } else if (type == "boot") {
        take_boot(loaded.run, json->get<BootRecord>());
      } else if (type == "note") {
        take_note(loaded.run, json->get<RowNote>());
      } else {
        ++loaded.unknown_records;
      }
    } catch (const nlohmann::json::exception& problem) {
      return fail(Error::usage(where + ": " + problem.what()));
    }
  }
  HR_TRY(LineReader::trouble(got, path, static_cast<std::uint64_t>(number) + 1));
  if (number == 0) return fail(Error::usage(path + " is empty"));
  if (got == LineReader::Got::Unfinished) ++loaded.cut_off;
  take_results(loaded, folder, reclassify);
  return loaded;
}

}  // namespace hangrate
