// SPDX-License-Identifier: GPL-2.0-or-later
//
// Recorded observations of real kernels, judged again: repros/*/captures/hit-*.jsonl must be hits,
// stuck-*.jsonl stood still without a proof. Of anomaly-*.jsonl there is nothing to judge, the
// program itself said so: they must be read as such. A new case is one small journal more.
#include <filesystem>
#include <map>

#include <gtest/gtest.h>

#include "harness/store/results.h"

namespace hangrate {
namespace {

namespace fs = std::filesystem;

TEST(Golden, EveryRecordedTrialIsJudgedAsItWasThen) {
  const std::map<std::string, Outcome> kinds = {
      {"hit", Outcome::Hang}, {"anomaly", Outcome::Anomaly}, {"stuck", Outcome::Stuck}};
  std::map<std::string, int> seen;
  for (const auto& repro : fs::directory_iterator(HANGRATE_SOURCE_DIR "/repros")) {
    if (!fs::is_directory(repro.path() / "captures")) continue;
    for (const auto& file : fs::directory_iterator(repro.path() / "captures")) {
      const std::string name = file.path().filename().string();
      SCOPED_TRACE(name);
      const auto run = load_results(file.path().string(), true);
      ASSERT_TRUE(run) << run.error().what();
      ASSERT_EQ(run->run.rows.front().cells.size(), 1u);
      EXPECT_EQ(run->reclassified, 0u);
      const Tally& tally = run->run.rows.front().cells[0].tally();
      ASSERT_GT(tally.attempted(), 0u);
      const std::string kind = name.substr(0, name.find('-'));
      ASSERT_TRUE(kinds.contains(kind));
      const bool is_hit = kind == "hit";
      EXPECT_EQ(is_hit ? tally.hits() : tally.count(kinds.at(kind)), tally.attempted());
      ++seen[kind];
    }
  }
  EXPECT_GE(seen["hit"], 4);
  EXPECT_GE(seen["anomaly"], 2);
  EXPECT_GE(seen["stuck"], 2);
}

}  // namespace
}  // namespace hangrate
