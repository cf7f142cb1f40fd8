// SPDX-License-Identifier: GPL-2.0-or-later
//
// SourceTree: the files that a guest is filled from: those of this machine, or of a folder that
// holds a whole root. Symbolic links are followed inside of it, and every link on the way is told,
// because a guest needs it too. Regular files and folders only.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "harness/base/error.h"

namespace hangrate {

/// Where a path leads.
struct FilePlace {
  std::string path;                                        ///< absolute, without links, in the tree
  std::vector<std::pair<std::string, std::string>> links;  ///< on the way: path, target
  unsigned mode = 0;                                       ///< st_mode of stat(2)

  bool folder() const;
  bool regular() const;
  bool executable() const;  ///< by anybody, and regular
};

class SourceTree {
 public:
  /// `root`: "" is this machine.
  explicit SourceTree(std::string root) : root_(std::move(root)) {}

  /// Usage error: nothing is there, with the path and the reason.
  Result<FilePlace> find(const std::string& path) const;
  /// A program as execvp(3) finds it: `name` without '/' in the folders of `search` ("a:b").
  Result<FilePlace> find_program(const std::string& name, const std::string& search) const;
  /// For open(2): `path` of a FilePlace.
  std::string on_host(const std::string& path) const { return root_ + path; }
  /// Paths that match a pattern of glob(7).
  std::vector<std::string> matching(const std::string& pattern) const;

 private:
  std::string root_;
};

}  // namespace hangrate
