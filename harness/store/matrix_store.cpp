// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/store/matrix_store.h"

#include <fmt/format.h>

#include "harness/base/file.h"
#include "harness/base/input.h"
#include "harness/base/text.h"
#include "harness/model/gate_json.h"
#include "harness/model/json_fields.h"
#include "harness/model/manifest_check.h"
#include "harness/model/stated_json.h"

namespace hangrate {

HR_JSON(MatrixCell, repro, variant, trials, boots)
HR_JSON(MatrixKernel, id, spec, cmdline, cpus, memory_mib, boots, boot_limit_s, boot_mib, qemu,
        params, trials, search, expect)
HR_JSON(MatrixPlan, kernels, cells)
HR_JSON(PayloadFact, folder, path, include, root, sha256)
HR_JSON(MatrixHeader, version, started, argv, file, options, warm, trace, seed, confidence, gate,
        payload, plan)
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
constexpr const char* kPayloadPaths = "payload.paths";
constexpr int kMatrixJournalSchema = 1;

constexpr const char* kTypes[] = {"row", "boot", "note"};  // of a MatrixRecord, in its order

/// Usage error: it cannot be gone on with, nor read.
Result<MatrixHeader> header_of(const Json& json, const std::string& where) {
  if (json.value("type", "") != "matrix") {
    return fail(Error::usage(where + ": not the journal of a matrix"));
  }
  if (json.value("schema", 0) > kMatrixJournalSchema) {
    return fail(Error::usage(where + ": made by a newer hangrate: use that one"));
  }
  auto header = json.get<MatrixHeader>();
  for (const MatrixCell& cell : header.plan.cells) {
    if (is_name(cell.repro) && is_name(cell.variant)) continue;
    return fail(Error::usage(where + ": a cell has a name that cannot be"));
  }
  if (header.confidence > 0.0 && header.confidence < 1.0) return header;
  return fail(Error::usage(where + ": its confidence is not between 0 and 1"));
}

/// nullopt: of a kind that a later version knows.
std::optional<MatrixRecord> record_of(const Json& json) {
  const std::string type = json.value("type", "");
  if (type == kTypes[0]) return json.get<RowRecord>();
  if (type == kTypes[1]) return json.get<BootRecord>();
  if (type == kTypes[2]) return json.get<RowNote>();
  return std::nullopt;
}

}  // namespace

std::string boot_place(const std::string& id, int number) {
  return fmt::format("{}/boot-{:03}", id, number);
}

std::string command_folder(const std::string& results) {
  return results + "/commands";
}

std::string cell_file(const std::string& repro, const std::string& variant) {
  return repro + "." + variant + ".jsonl";
}

bool holds_matrix(const std::string& folder) {
  return is_there(folder + "/" + kFileName);
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
Result<void> MatrixStore::add(const MatrixRecord& record) {
  Json json = {{"type", kTypes[record.index()]}};
  std::visit([&json](const auto& one) { json.update(Json(one)); }, record);
  HR_TRY(file_.append(dump_line(json)));
  return file_.commit();
}

Result<void> MatrixStore::keep(Result<FileSeal> seal) {
  if (!seal) return fail(seal.error());
  kept_.push_back(std::move(*seal));
  return {};
}

Result<void> MatrixStore::finish() {
  for (const FileSeal& seal : kept_) HR_TRY(seal.check_again());
  const auto sealed = file_.finish();
  return sealed ? Result<void>() : fail(sealed.error());
}

Result<void> MatrixStore::add_command(const std::string& name, const std::string& text) const {
  const std::string folder = command_folder(folder_);
  HR_TRY(make_folder(folder));
  HR_TRY(make_folder(folder + "/" + name));
  return write_file_atomically(folder + "/" + name + "/repro.json", text);
}

/// Each ends with a zero byte: a path may hold any other.
Result<void> MatrixStore::add_payload_paths(const std::vector<std::string>& paths) const {
  std::string text;
  for (const std::string& path : paths) text += path + '\0';
  return write_file_atomically(folder_ + "/" + kPayloadPaths, text);
}

Result<std::optional<std::set<std::string>>> payload_paths_of(const std::string& results) {
  const std::string file = results + "/" + kPayloadPaths;
  if (!is_there(file)) return std::optional<std::set<std::string>>();
  const auto text = read_input(file);
  if (!text) return fail(text.error());
  std::set<std::string> paths;
  for (std::string& path : split(*text, '\0')) {
    if (!path.empty()) paths.insert(std::move(path));
  }
  return std::optional(std::move(paths));
}

Result<std::string> MatrixStore::boot_folder(const std::string& id, int number) const {
  std::string path = folder_ + "/" + boot_place(id, number);
  HR_TRY(make_folder(folder_ + "/" + id));
  HR_TRY(make_folder(path));
  return path;
}

Result<LinesRead> read_matrix_file(const std::string& folder,
                                   const std::function<void(const MatrixHeader&)>& on_header,
                                   const std::function<void(const MatrixRecord&)>& on_record) {
  const std::string path = folder + "/" + kFileName;
  const auto read =
      read_lines(path, [&](const std::string& line, std::uint64_t number) -> Result<bool> {
        const std::string where = path + ":" + std::to_string(number);
        const auto json = parse_json(line);
        if (!json || !json->is_object()) return fail(Error::usage(where + ": not a record"));
        try {
          if (number == 1) {
            const auto header = header_of(*json, where);
            if (!header) return fail(header.error());
            on_header(*header);
            return true;
          }
          const auto record = record_of(*json);
          if (record) on_record(*record);
          return record.has_value();
        } catch (const nlohmann::json::exception& problem) {
          return fail(Error::usage(where + ": " + problem.what()));
        }
      });
  if (read && read->lines == 0) return fail(Error::usage(path + " is empty"));
  return read;
}

}  // namespace hangrate
