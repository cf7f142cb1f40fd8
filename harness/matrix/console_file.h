// SPDX-License-Identifier: GPL-2.0-or-later
//
// ConsoleFile: the file a machine's console goes to. The machine writes it, by its path; we make
// it, so that it is where it should be and ours, and see to it that it ends on disk. Private to
// matrix/.
#pragma once

#include <string>

#include "harness/base/file_seal.h"
#include "harness/base/unique_fd.h"

namespace hangrate {

class ConsoleFile {
 public:
  /// An empty file. What a start that came to nothing left there is gone.
  static Result<ConsoleFile> make(const std::string& path);

  /// For a machine that is started with it as its output.
  int fd() const { return file_.get(); }
  /// Bytes in it now.
  Result<off_t> size();
  /// To be called when nobody writes to it any more. An error if it is not what was written.
  Result<FileSeal> finish();

 private:
  ConsoleFile(UniqueFd file, FileSeal seal) : file_(std::move(file)), seal_(std::move(seal)) {}
  UniqueFd file_;
  FileSeal seal_;
  off_t most_ = 0;  ///< it only grows
};

}  // namespace hangrate
