// SPDX-License-Identifier: GPL-2.0-or-later
//
// The journal: one JSON object a line, append-only, the source of truth of a run. A line is written
// with one write(2), so a killed supervisor loses at most the trials it had not yet written; a full
// disk leaves no half line behind. The first line is the RunHeader.
#pragma once

#include <functional>
#include <string>

#include "harness/base/error.h"
#include "harness/model/record.h"
#include "harness/store/line_file.h"

namespace hangrate {

class Journal {
 public:
  /// Makes `directory` (its parents must exist) and a journal in it. Refuses one that has a
  /// journal.
  static Result<Journal> create(const std::string& directory, const RunHeader& header);
  /// Opens an existing journal to append to it. A last line without its end is cut off. Refuses one
  /// that another process is writing.
  static Result<Journal> reopen(const std::string& directory);

  /// After an error nothing is taken any more.
  Result<void> append(const Record& record);
  bool was_cut_off() const { return file_.was_cut_off(); }
  /// Pushes what was written to the disk, against a crash of the machine, and makes sure that it is
  /// there, all of it and nothing else. The last call.
  Result<void> finish();

  static std::string path_in(const std::string& directory);

 private:
  explicit Journal(LineFile file) : file_(std::move(file)) {}
  LineFile file_;
};

/// Reads a journal, header first. `path` is the file or its folder. Fails on a future schema and on
/// a malformed line in the middle (with its number); a last line without its end is left out and
/// told.
Result<LinesRead> read_journal(const std::string& path,
                               const std::function<Result<void>(const RunHeader&)>& on_header,
                               const std::function<void(const Record&)>& on_record);

}  // namespace hangrate
