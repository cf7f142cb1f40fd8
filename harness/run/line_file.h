// SPDX-License-Identifier: GPL-2.0-or-later
//
// LineFile: an append-only file of lines. A line is written with one write(2), so a killed writer
// leaves at most the last one unfinished, which is cut off when the file is opened again; a full
// disk leaves no half line behind. One writer at a time.
#pragma once

#include <string>

#include "harness/base/error.h"
#include "harness/base/unique_fd.h"

namespace hangrate {

class LineFile {
 public:
  /// A new file; Usage error if there is one. Its first line is written at once, or no file is
  /// left.
  static Result<LineFile> create(const std::string& path, std::string first_line);
  /// An existing file, to append to.
  static Result<LineFile> reopen(const std::string& path);

  Result<void> append(std::string line);
  /// Had the file an unfinished last line when it was opened again?
  bool was_cut_off() const { return was_cut_off_; }
  /// Pushes what was written to the disk, against a crash of the machine.
  void sync();

 private:
  LineFile() = default;
  Result<void> lock();

  std::string path_;
  UniqueFd file_;
  bool was_cut_off_ = false;
};

/// Reads lines without ever holding more than one.
class LineReader {
 public:
  explicit LineReader(int fd) : fd_(fd) {}

  enum class Got { Line, Unfinished, End, Failed };
  Got next(std::string& line);
  /// Where the next line starts.
  off_t offset() const { return offset_; }

 private:
  int fd_;
  std::string buffer_;
  std::size_t at_ = 0;
  off_t offset_ = 0;
};

}  // namespace hangrate
