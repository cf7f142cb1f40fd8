// SPDX-License-Identifier: GPL-2.0-or-later
//
// LibrarySearch: where the dynamic linker would find the libraries of a program (ld.so(8)), worked
// out from headers and configuration alone: neither the program nor its linker is executed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/base/elf_program.h"
#include "harness/guest/source_tree.h"

namespace hangrate {

struct FoundLibrary {
  FilePlace place;
  std::string name;      ///< as it is asked for
  bool outside = false;  ///< in a folder that only the cache of ld.so(8) names, which a guest lacks
};

class LibrarySearch {
 public:
  explicit LibrarySearch(const SourceTree& tree);

  /// All that the program at `path` (without links) loads when it starts, its interpreter not
  /// counted. Usage error: "NAME, which PATH needs, is in none of ...".
  Result<std::vector<FoundLibrary>> libraries_of(const std::string& path,
                                                 const ElfProgram& program) const;
  /// One that programs load later, by dlopen(3); nullopt: it is nowhere.
  std::optional<FoundLibrary> find_later(const std::string& name) const;

 private:
  Failure missing(const std::string& program, const std::string& object, const std::string& name,
                  std::vector<std::string> folders) const;

  const SourceTree& tree_;
  std::vector<std::string> common_;  ///< those of /etc/ld.so.conf, then those built into ld.so
};

/// The folders of DT_RPATH or DT_RUNPATH of an object in the folder `origin`. Pure. Other tokens
/// than $ORIGIN and $LIB make a folder that is left out.
std::vector<std::string> expand_search_path(const std::string& path, const std::string& origin);

}  // namespace hangrate
