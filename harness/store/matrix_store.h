// SPDX-License-Identifier: GPL-2.0-or-later
//
// MatrixStore: the folder of a matrix run. matrix.jsonl says what was planned, which kernels were
// provided and how every guest started and ended; each start has a folder with the guest's console
// and, per cell, the journal as the guest sent it, line by line.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "harness/model/ends.h"
#include "harness/model/gate.h"
#include "harness/model/load.h"
#include "harness/model/matrix_plan.h"
#include "harness/store/line_file.h"

namespace hangrate {

/// What guests get beside reproducers. A run goes on only with the same.
struct PayloadFact {
  std::string folder;                ///< where commands start; "" = they get nothing
  std::string path;                  ///< their $PATH
  std::vector<std::string> include;  ///< as given
  std::string root;                  ///< folder or tar file with the root of guests, "" = none
  std::string sha256;                ///< of all files together, "" = there are no guests
};

struct MatrixHeader {
  std::string version;
  std::string started;
  std::vector<std::string> argv;
  std::string file;                  ///< the matrix file, as given
  std::vector<std::string> options;  ///< what overrode the file, to repeat a row
  std::vector<std::string> warm;     ///< arms to begin with, one WarmSource as JSON each
  std::string trace;                 ///< mode of the flight recorder, "" = as a run has it
  std::uint64_t seed = 0;
  double confidence = 0.95;
  Gate gate;
  PayloadFact payload;
  MatrixPlan plan;
};

/// What a row runs on, once its kernel was provided.
struct RowRecord {
  std::string id;
  std::string label;
  std::string accel;
  std::string build_note;
  std::vector<std::string> reverted;
  std::string identity;  ///< what tells this very kernel from another of its name
  std::string trouble;   ///< why it could not run
};

struct BootRecord {
  std::string id;
  int number = 1;
  std::optional<BootEnd> end;  ///< none when it starts
  std::string why;             ///< what its machine said of that; "" if it finished
  Nanos boot_time = 0;
  Nanos total_time = 0;
  LoadFact load;  ///< of the host meanwhile
};

/// Something about a row that a reader of its results should know.
struct RowNote {
  std::string id;
  std::string text;
  bool flaw = false;  ///< the results are not whole: no pass, however clean they are
};

using MatrixRecord = std::variant<RowRecord, BootRecord, RowNote>;

class MatrixStore {
 public:
  static Result<MatrixStore> create(const std::string& folder, const MatrixHeader& header);
  static Result<MatrixStore> reopen(const std::string& folder);

  Result<void> add(const MatrixRecord& record);
  /// A file of a boot that nobody writes to any more.
  Result<void> keep(Result<FileSeal> seal);
  /// Is all that was recorded still there, on disk and as it was written? The last call.
  Result<void> finish();
  /// Adds a file of a command: NAME/repro.json below command_folder().
  Result<void> add_command(const std::string& name, const std::string& text) const;
  /// Keeps which files guests get for commands, by their paths there.
  Result<void> add_payload_paths(const std::vector<std::string>& paths) const;
  /// The folder of a boot, made if it is not there.
  Result<std::string> boot_folder(const std::string& id, int number) const;

  const std::string& folder() const { return folder_; }

 private:
  MatrixStore(std::string folder, LineFile file)
      : folder_(std::move(folder)), file_(std::move(file)) {}
  std::string folder_;
  LineFile file_;
  std::vector<FileSeal> kept_;  ///< of this run; those before it are as they may be
};

/// Where a boot has its files, below the folder of the run.
std::string boot_place(const std::string& id, int number);
/// Where a run keeps the commands that it runs, a folder each.
std::string command_folder(const std::string& results);
/// Those of add_payload_paths(); nullopt: none were kept.
Result<std::optional<std::set<std::string>>> payload_paths_of(const std::string& results);
/// File name of a cell's journal in a boot's folder.
std::string cell_file(const std::string& repro, const std::string& variant);

/// Does `folder` hold a matrix run?
bool holds_matrix(const std::string& folder);

/// Reads matrix.jsonl in `folder`, header first. Fails on a future schema and on a malformed line.
Result<LinesRead> read_matrix_file(const std::string& folder,
                                   const std::function<void(const MatrixHeader&)>& on_header,
                                   const std::function<void(const MatrixRecord&)>& on_record);

}  // namespace hangrate
