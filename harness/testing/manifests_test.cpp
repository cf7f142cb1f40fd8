// SPDX-License-Identifier: GPL-2.0-or-later
//
// What every reproducer there is says about itself, as its program prints it.
#include <filesystem>

#include <gtest/gtest.h>

#include "harness/judge/expectation.h"
#include "harness/model/json.h"
#include "harness/testing/command.h"

namespace hangrate::testing {
namespace {

std::vector<Manifest> all_manifests() {
  std::vector<Manifest> all;
  for (const auto& entry :
       std::filesystem::directory_iterator(HANGRATE_BUILD_DIR "/libexec/hangrate")) {
    if (!entry.is_regular_file()) continue;
    const Ran ran = run_command({entry.path().string(), "--describe"});
    const auto manifest = manifest_from_json(ran.out);
    EXPECT_TRUE(manifest) << entry.path() << ": " << ran.out << ran.err;
    if (manifest) all.push_back(*manifest);
  }
  return all;
}

TEST(Manifests, NameOnlyVendorsAndVersionsThatCanBeToldApart) {
  const std::vector<Manifest> all = all_manifests();
  EXPECT_GE(all.size(), 4u);
  int ranges = 0;
  for (const Manifest& manifest : all) {
    for (const VendorRange& range : manifest.vendor_affected) {
      ++ranges;
      EXPECT_EQ(fault_of(range), "") << manifest.name;
    }
    for (const AffectedRange& range : manifest.affected) {
      for (const std::string& end : {range.from, range.to}) {
        EXPECT_TRUE(end.empty() || parse_kernel_version(end)) << manifest.name << ": " << end;
      }
    }
  }
  EXPECT_GT(ranges, 0);
}

}  // namespace
}  // namespace hangrate::testing
