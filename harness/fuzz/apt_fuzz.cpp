// SPDX-License-Identifier: GPL-2.0-or-later
//
// What apt says of packages and mirrors: a chosen image is one of those there were.
#include <algorithm>

#include "harness/fuzz/input.h"
#include "harness/kernel/apt_text.h"

namespace {

using namespace hangrate;

void check_packages(const std::string& text, const std::string& version) {
  const std::vector<DebPackage> all = packages_from_show(text);
  for (const DebPackage& package : all) {
    (void)image_of_metapackage(package, "cloud-amd64");
    (void)release_of_image(package.name);
    std::vector<std::string> missing;
    HR_CHECK(!parts_of_image(package, all, &missing).empty());
  }
  const auto chosen = choose_image(all, version, "sid", "cloud-amd64");
  if (!chosen) return;
  HR_CHECK(std::any_of(all.begin(), all.end(), [&](const DebPackage& package) {
    return package.name == chosen->name && package.version == chosen->version;
  }));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto parts = fuzz::parts_of(fuzz::text_of(data, size), 3);
  check_packages(parts[0], parts[1]);
  const AptMirrors mirrors = mirrors_from_targets(parts[2]);
  (void)sources_list(parts[1], mirrors, "/keyring");
  (void)sources_list("bookworm", mirrors_from_base(parts[1]), "/keyring");
  return 0;
}
