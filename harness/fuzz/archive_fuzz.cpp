// SPDX-License-Identifier: GPL-2.0-or-later
//
// A kernel package: whatever its names and links say, nothing is written outside the destination.
#include <algorithm>
#include <filesystem>

#include "harness/fuzz/input.h"
#include "harness/kernel/archive.h"

namespace {

namespace fs = std::filesystem;

/// Nothing but what this target made itself.
bool untouched(const std::string& folder) {
  const auto files = fs::directory_iterator(folder);
  return std::all_of(begin(files), end(files), [](const fs::directory_entry& entry) {
    const std::string name = entry.path().filename();
    return name == "package" || name == "to";
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hangrate;
  static const fuzz::Scratch scratch;
  const std::string package = scratch.write("package", fuzz::text_of(data, size));
  const std::string to = scratch.path() + "/to";
  fs::create_directory(to);
  const Unpacking everything{.where = [](const std::string& path) { return path; }, .links = true};
  (void)unpack(package, to, everything);
  (void)unpack(package, to, {.where = kernel_file_place});
  HR_CHECK(untouched(scratch.path()));
  HR_CHECK(fs::is_regular_file(package) && fs::file_size(package) == size);
  fs::remove_all(to);
  return 0;
}
