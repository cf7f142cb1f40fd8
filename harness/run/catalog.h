// SPDX-License-Identifier: GPL-2.0-or-later
//
// Catalog: the reproducers there are. Each is a folder NAME with its program NAME and its manifest
// repro.json. No list of them is kept anywhere.
#pragma once

#include <string>
#include <vector>

#include "harness/base/error.h"
#include "harness/model/manifest.h"

namespace hangrate {

struct CatalogEntry {
  std::string executable;  ///< absolute path
  Manifest manifest;
};

/// The reproducer in `folder`. Usage error: there is none, or its manifest is wrong, with the
/// reason.
Result<CatalogEntry> load_reproducer(const std::string& folder);

/// Every reproducer below `folder`, by name. Those that are wrong are left out and told in
/// `complaints`.
Result<std::vector<CatalogEntry>> load_catalog(const std::string& folder,
                                               std::vector<std::string>* complaints);

/// The path of the manifest of a program.
std::string manifest_beside(const std::string& executable);

/// Is `selector` a path, "./folder", "../folder/program" or "/folder/VARIANT"? Names have none of
/// it.
bool is_path(const std::string& selector);

/// Loads the reproducer that a path selects, puts it into the catalog in place of any of its name,
/// and returns the selector by name: NAME or NAME/VARIANT.
Result<std::string> adopt(const std::string& selector, std::vector<CatalogEntry>& catalog);

/// Where the reproducers are: `override_path`, $HANGRATE_REPRO_DIR, or ../libexec/hangrate beside
/// the running program.
std::string catalog_folder(const std::string& override_path);

/// ../libexec/hangrate beside the running program: what was built or installed with it.
std::string own_programs();

}  // namespace hangrate
