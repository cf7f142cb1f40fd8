// SPDX-License-Identifier: GPL-2.0-or-later
//
// Catalog: the reproducers there are, found in a folder and asked for their manifests. No list of
// them is kept anywhere.
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

/// Every program in `folder` that answers --describe with a manifest of its own file name, by name.
/// Programs that do not are left out and told in `complaints`.
Result<std::vector<CatalogEntry>> load_catalog(const std::string& folder,
                                               std::vector<std::string>* complaints);

/// Where the reproducers are: `override_path`, $HANGRATE_REPRO_DIR, or ../libexec/hangrate beside
/// the running program.
std::string catalog_folder(const std::string& override_path);

}  // namespace hangrate
