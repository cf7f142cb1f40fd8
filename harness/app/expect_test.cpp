// SPDX-License-Identifier: GPL-2.0-or-later
#include <CLI/CLI.hpp>

#include <gtest/gtest.h>

#include "harness/app/run_options.h"

namespace hangrate {
namespace {

CatalogEntry reproducer(const char* name) {
  CatalogEntry entry;
  entry.manifest.name = name;
  entry.manifest.variants.resize(1);
  entry.manifest.variants[0].name = "plain";
  return entry;
}

Result<SessionPlan> plan(std::vector<std::string> expect, std::vector<std::string> selectors = {},
                         std::vector<CatalogEntry> catalog = {reproducer("alpha"),
                                                              reproducer("beta")}) {
  RunOptions options;
  options.expect = std::move(expect);
  options.selectors = std::move(selectors);
  options.seed = 1;
  return make_plan(options, catalog, {}, Environment{.cpus = 1});
}

TEST(Expect, IsPartOfThePlan) {
  const auto made = plan({"alpha=fixed:RHEL-37087", "beta=affected:x"});
  ASSERT_TRUE(made) << made.error().what();
  EXPECT_EQ(made->header.stated, (StatedExpectations{{"alpha", {StatedWord::Fixed, "RHEL-37087"}},
                                                     {"beta", {StatedWord::Affected, "x"}}}));
  EXPECT_TRUE(plan({})->header.stated.empty());
}

TEST(Expect, OfOneReproducerAloneNeedsNoName) {
  const auto made = plan({"fixed:RHEL-37087"}, {}, {reproducer("alpha")});
  ASSERT_TRUE(made) << made.error().what();
  EXPECT_TRUE(made->header.stated.contains("alpha"));
  EXPECT_FALSE(plan({"fixed:RHEL-37087"}));
}

TEST(Expect, AMistakeIsAUsageError) {
  for (const char* text : {"gamma=fixed:x", "alpha=clean:x", "alpha=fixed", "alpha=fixed: "}) {
    const auto made = plan({text});
    ASSERT_FALSE(made) << text;
    EXPECT_EQ(made.error().kind(), ErrorKind::Usage);
  }
  EXPECT_FALSE(plan({"alpha=fixed:x", "alpha=fixed:y"}));
  EXPECT_FALSE(plan({"alpha=fixed:x"}, {"beta"})) << "it does not run";
  EXPECT_TRUE(plan({"alpha=fixed:x"}, {"alpha"}));
}

TEST(Expect, TakesOneWordAndLeavesTheReproducerBehindIt) {
  CLI::App app;
  RunOptions options;
  app.add_option("repro", options.selectors);
  add_run_options(app, options);
  const char* argv[] = {"x", "--expect", "alpha=fixed:x", "alpha", "--expect", "beta=fixed:y"};
  app.parse(6, argv);
  EXPECT_EQ(options.expect, (std::vector<std::string>{"alpha=fixed:x", "beta=fixed:y"}));
  EXPECT_EQ(options.selectors, std::vector<std::string>{"alpha"});
}

TEST(Expect, AResumedRunKeepsItsOwn) {
  RunOptions options;
  options.resume = "/nowhere";
  options.expect = {"alpha=fixed:x"};
  const auto made = make_resume_plan(options, {reproducer("alpha")});
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().what().find("--resume goes on"), std::string::npos);
}

}  // namespace
}  // namespace hangrate
