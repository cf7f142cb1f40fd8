// SPDX-License-Identifier: GPL-2.0-or-later
//
// PayloadFiles: gathers the files of a payload, each with all that it needs. Private to guest/.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "harness/guest/library_search.h"
#include "harness/guest/payload.h"
#include "harness/guest/source_tree.h"

namespace hangrate {

/// One entry of a payload; its path is the key.
struct PayloadEntry {
  std::string host_path;  ///< of a regular file
  std::string target;     ///< of a symbolic link
  unsigned mode = 0;      ///< st_mode
};

class PayloadFiles {
 public:
  explicit PayloadFiles(const PayloadOrder& order)
      : order_(order), tree_(order.root), libraries_(tree_) {}

  /// A program of a command with its other words.
  Result<void> take_command(const std::vector<std::string>& words);
  /// A program by its name or path; one that is missing is told, for it may not be needed.
  Result<void> take_named(const std::string& program);
  /// PATH or PATH:GUEST_PATH.
  Result<void> take_include(const std::string& text);
  /// All of the order's root, but what was included already and where a guest has its own files.
  Result<void> take_root();
  Result<void> take_start_folder();

  const std::map<std::string, PayloadEntry>& entries() const { return entries_; }
  std::uint64_t bytes() const { return bytes_; }
  std::vector<std::string> hints() const { return {hints_.begin(), hints_.end()}; }

 private:
  /// How a file came to be taken.
  enum class Because {
    Named,      ///< it must be whole
    Mentioned,  ///< it stands in a script, or lies in a folder: as whole as it can be
  };

  /// Whether the programs and files that stand in a file come along too.
  enum class Names {
    Unread,    ///< a program found by $PATH: what it calls is its own affair
    IfScript,  ///< if it is a shell script
    Read,      ///< a shell reads it, whatever it looks like
  };

  Result<void> take_program(const std::string& name, Because because);
  Result<void> take_program(const std::string& name, Because because, Names names);
  Result<void> take_place(const FilePlace& place, Because because, Names names);
  Result<void> take_file(const FilePlace& place, const std::string& guest_path, Because because,
                         Names names);
  Result<void> take_folder(const FilePlace& place, const std::string& guest_path);
  Result<void> take_beside_root(const FilePlace& place, const std::string& guest_path);
  Result<void> take_tree(const std::string& host_path, const std::string& guest_path,
                         bool (*left_out)(const std::string& path));
  Result<void> take_mentioned(const std::vector<std::string>& names);
  Result<void> take_needs(const FilePlace& place, const std::string& file, Because because,
                          Names names);
  Result<void> take_needs_of_elf(const FilePlace& place, const std::string& file);
  Result<void> take_needs_of_script(const FilePlace& place, const std::string& file,
                                    Because because, Names names);
  bool looked_into(const std::string& path, Names names);
  Result<void> take_library(const FoundLibrary& library, const std::string& beside);
  Result<void> add(const std::string& path, PayloadEntry entry);
  bool came_later(const std::string& path) const;
  void take_links(const FilePlace& place);
  std::string absolute(const std::string& path) const;
  bool included(const std::string& name) const;
  std::string guest_place(const std::string& path);

  const PayloadOrder& order_;
  SourceTree tree_;      ///< where commands are
  SourceTree here_{""};  ///< where what is included is
  LibrarySearch libraries_;
  std::map<std::string, PayloadEntry> entries_;
  std::set<std::string> included_;            ///< beside a root: files, by their place in the guest
  std::map<std::string, Names> looked_into_;  ///< by canonical path, and how far
  std::uint64_t bytes_ = 0;
  std::set<std::string> hints_;
};

}  // namespace hangrate
