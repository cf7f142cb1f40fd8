// SPDX-License-Identifier: GPL-2.0-or-later
//
// kernel.json: what a folder of the cache holds. Pure. Paths inside the folder are written
// relative, so that a cache can be moved.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/kernel/guest_kernel.h"
#include "harness/model/json.h"

namespace hangrate {

/// What a file was when its kernel was made.
struct FileSum {
  std::string path;
  std::uint64_t size = 0;
  std::string sha256;
};

struct CacheEntry {
  GuestKernel kernel;
  std::string id;             ///< name of the folder
  std::string folder;         ///< its path
  std::string version;        ///< of the package it came from, "" if none
  std::string inputs;         ///< hash of what it was made from besides
  std::vector<FileSum> sums;  ///< of image and modules.dep; empty if nobody noted them
};

Json to_json_value(const GuestKernel& kernel);
Json to_json_value(const CacheEntry& entry);
/// An error for text that is no complete description.
Result<CacheEntry> cache_entry_from_json(const std::string& text, const std::string& folder);

}  // namespace hangrate
