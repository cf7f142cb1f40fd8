// SPDX-License-Identifier: GPL-2.0-or-later
//
// LineFile: an append-only file of lines. A line is written with one write(2), so a killed writer
// leaves at most the last one unfinished, which is cut off when the file is opened again; a full
// disk leaves no half line behind. One writer at a time, and it notices a second one: what is at
// the path must stay the file it opened, with its lines and nothing else.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include <sys/types.h>

#include "harness/base/clock.h"
#include "harness/base/error.h"
#include "harness/base/file_seal.h"
#include "harness/base/unique_fd.h"

namespace hangrate {

class LineFile {
 public:
  /// A new file; Usage error if there is one. Its first line is written at once, or no file is
  /// left.
  static Result<LineFile> create(const std::string& path, std::string first_line);
  /// An existing file, to append to.
  static Result<LineFile> reopen(const std::string& path);

  /// After an error nothing is taken any more. Commits by itself once a second.
  Result<void> append(std::string line);
  /// Pushes what was written to the disk, and checks that nobody moved, cut or wrote to the file
  /// meanwhile (two calls of stat, whatever its length).
  Result<void> commit();
  /// The last commit; reads back all that was written. The file is closed.
  Result<FileSeal> finish();

  /// Had the file an unfinished last line when it was opened again?
  bool was_cut_off() const { return was_cut_off_; }

 private:
  LineFile(UniqueFd file, const std::string& path) : file_(std::move(file)) { seal_.path = path; }
  Result<void> lock();
  Result<void> take_contents();
  Result<void> write_line(const std::string& line);
  Result<void> sync();
  Failure broken(Error why);

  FileSeal seal_;  ///< of what was written so far
  UniqueFd file_;
  std::optional<Error> broken_;  ///< why nothing is taken any more
  Nanos committed_ = 0;
  bool was_cut_off_ = false;
};

/// The longest line anybody writes: more does not fit into the channel of a guest.
inline constexpr std::size_t kLongestLine = 16u << 20;

/// What reading a file of records came to.
struct LinesRead {
  std::uint64_t lines = 0;
  std::uint64_t unknown = 0;  ///< records of a later version, skipped
  bool cut_off = false;       ///< the last line has no end: the writer was killed in it
};

/// Gives every whole line of a file to `take`, with its number from 1; it answers whether it knows
/// such a record. Never holds more than one; a last line without its end is left out and told.
using TakeLine = std::function<Result<bool>(const std::string& line, std::uint64_t number)>;
Result<LinesRead> read_lines(const std::string& path, const TakeLine& take);

}  // namespace hangrate
