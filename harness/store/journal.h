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

/// Makes `directory` (its parents must exist) and a journal in it. Refuses one that has a journal.
Result<LineFile> create_journal(const std::string& directory, const RunHeader& header);

/// The line of a record in it.
std::string journal_line(const Record& record);

/// The journal of a run's folder.
std::string journal_in(const std::string& directory);

/// Reads a journal, header first. `path` is the file or its folder. Fails on a future schema and on
/// a malformed line in the middle (with its number); a last line without its end is left out and
/// told.
Result<LinesRead> read_journal(const std::string& path,
                               const std::function<Result<void>(const RunHeader&)>& on_header,
                               const std::function<void(const Record&)>& on_record);

}  // namespace hangrate
