// SPDX-License-Identifier: GPL-2.0-or-later
//
// What every reproducer there is says about itself, in its repro.json.
#include <filesystem>

#include <gtest/gtest.h>

#include "harness/judge/expectation.h"
#include "harness/model/manifest_check.h"
#include "harness/testing/command.h"

namespace hangrate::testing {
namespace {

namespace fs = std::filesystem;

std::vector<Manifest> all_manifests() {
  std::vector<Manifest> all;
  for (const char* folder : {"/repros", "/harness/testing", "/harness/testing/strangers"}) {
    for (const auto& entry : fs::directory_iterator(HANGRATE_SOURCE_DIR + std::string(folder))) {
      const std::string path = entry.path() / "repro.json";
      if (!fs::exists(path)) continue;
      const auto manifest = read_manifest(read_file(path).value_or(""));
      EXPECT_TRUE(manifest) << path << ": " << (manifest ? "" : manifest.error().what());
      if (manifest) all.push_back(*manifest);
    }
  }
  return all;
}

TEST(Manifests, NameOnlyVendorsAndVersionsThatCanBeToldApart) {
  const std::vector<Manifest> all = all_manifests();
  EXPECT_GE(all.size(), 7u);  // of them four of the tests
  int ranges = 0;
  for (const Manifest& manifest : all) {
    for (const VendorRange& range : manifest.vendor_affected) {
      ++ranges;
      EXPECT_EQ(fault_of(range), "") << manifest.name;
    }
    for (const AffectedRange& range : manifest.affected) {
      EXPECT_EQ(fault_of(range), "") << manifest.name;
    }
  }
  EXPECT_GT(ranges, 0);
}

}  // namespace
}  // namespace hangrate::testing
