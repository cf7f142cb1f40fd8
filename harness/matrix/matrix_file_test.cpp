// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/matrix/matrix_file.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace hangrate {
namespace {

std::vector<Manifest> two_reproducers() {
  std::vector<Manifest> all(2);
  all[0].name = "alpha";
  all[0].variants.resize(2);
  all[0].variants[0].name = "first";
  all[0].variants[1].name = "second";
  all[0].params.resize(1);
  all[0].params[0].name = "cpu";
  all[0].params[0].choices = {"split", "same"};
  all[1].name = "beta";
  all[1].variants.resize(1);
  all[1].variants[0].name = "only";
  return all;
}

Result<MatrixPlan> parse(const std::string& text, const MatrixOverrides& overrides = {}) {
  return parse_matrix(text, "m.json", two_reproducers(), overrides);
}

TEST(MatrixPlan, ASpecIsEnough) {
  const auto plan = parse(R"({"schema":1,"kernels":[{"spec":"debian:bookworm"}]})");
  ASSERT_TRUE(plan) << plan.error().what();
  ASSERT_EQ(plan->kernels.size(), 1u);
  EXPECT_EQ(plan->kernels[0].id, "bookworm");
  EXPECT_EQ(plan->kernels[0].boots, 0) << "each cell has its own number";
  ASSERT_EQ(plan->cells.size(), 2u);
  EXPECT_EQ(plan->cells[0], (MatrixCell{"alpha", "first", 4742, 5}))
      << "enough for a clean result of a race";
}

TEST(MatrixPlan, AxesMakeTheirOwnNames) {
  const auto plan = parse(R"({"schema":1,"trials":50,"repros":["alpha/second"],"kernels":[
      {"spec":"recipe:6.1-pipe-stall","cmdline":"preempt=none"},
      {"spec":"recipe:6.1-pipe-stall","cmdline":"preempt=full","boots":3,
       "params":{"alpha":{"cpu":"same"}}}]})");
  ASSERT_TRUE(plan) << plan.error().what();
  EXPECT_EQ(plan->kernels[0].id, "6.1-pipe-stall-preempt-none");
  EXPECT_EQ(plan->kernels[1].boots, 3);
  EXPECT_EQ(plan->cells, (std::vector<MatrixCell>{{"alpha", "second", 50, 5}}));
}

TEST(MatrixPlan, WordsForQemuAreThoseOfTheirRowAlone) {
  const auto plan = parse(R"({"schema":1,"kernels":[
      {"spec":"debian:a","qemu":["-device","virtio-rng-pci"]},{"spec":"debian:b"},
      {"spec":"debian:a","id":"c","qemu":[]}]})");
  ASSERT_TRUE(plan) << plan.error().what();
  EXPECT_EQ(plan->kernels[0].qemu, (std::vector<std::string>{"-device", "virtio-rng-pci"}));
  EXPECT_EQ(plan->kernels[0].id, "a");
  EXPECT_TRUE(plan->kernels[1].qemu.empty());
  EXPECT_TRUE(plan->kernels[2].qemu.empty());
}

TEST(MatrixPlan, AStarMeansAllVariantsEachOnce) {
  const auto plan = parse(R"({"schema":1,"trials":50,"repros":["alpha/second","alpha/*"],
      "kernels":[{"spec":"native"}]})");
  ASSERT_TRUE(plan) << plan.error().what();
  EXPECT_EQ(plan->cells,
            (std::vector<MatrixCell>{{"alpha", "second", 50, 5}, {"alpha", "first", 50, 5}}));
}

TEST(MatrixPlan, AKernelHasTrialsOfItsOwnUnlessTheCommandLineSaysHowMany) {
  const std::string text = R"({"schema":1,"trials":50,"repros":["alpha/second","beta"],"kernels":[
      {"spec":"debian:sid"},{"spec":"native","trials":{"alpha":3}}]})";
  auto plan = parse(text);
  ASSERT_TRUE(plan) << plan.error().what();
  const auto of = [&](std::size_t kernel, std::size_t cell) {
    return trials_of(plan->kernels[kernel], plan->cells[cell]);
  };
  EXPECT_EQ(of(0, 0), 50u);
  EXPECT_EQ(of(1, 0), 3u);
  EXPECT_EQ(of(1, 1), 50u);
  MatrixOverrides overrides;
  overrides.trials = 7;
  plan = parse(text, overrides);
  EXPECT_EQ(of(1, 0), 7u);
}

TEST(MatrixPlan, TheCommandLineOverrides) {
  MatrixOverrides overrides;
  overrides.trials = 7;
  overrides.boots = 2;
  overrides.selectors = {"beta"};
  overrides.filter = "si";
  const auto plan =
      parse(R"({"schema":1,"kernels":[{"spec":"debian:sid"},{"spec":"native"}]})", overrides);
  ASSERT_TRUE(plan) << plan.error().what();
  ASSERT_EQ(plan->kernels.size(), 1u);
  EXPECT_EQ(plan->kernels[0].boots, 2);
  EXPECT_EQ(plan->cells, (std::vector<MatrixCell>{{"beta", "only", 7, 5}}));
}

TEST(MatrixPlan, AWholeIdMeansThatKernelAndAPartEveryOneThatHoldsIt) {
  const std::string text = R"({"schema":1,"kernels":[
      {"spec":"debian:sid"},{"spec":"debian:sid","id":"sid-full","cmdline":"preempt=full"}]})";
  MatrixOverrides overrides;
  overrides.filter = "sid";
  EXPECT_EQ(parse(text, overrides)->kernels.size(), 1u);
  overrides.filter = "si";
  EXPECT_EQ(parse(text, overrides)->kernels.size(), 2u);
}

TEST(MatrixPlan, AKernelIsCalledAfterItsImageAndNotAfterTheFolderOfItsModules) {
  const std::string text = R"({"schema":1,"kernels":[
      {"spec":"image:/a/bzImage,modules=/lib/modules/6.1"},{"spec":"dir:/src/linux/"},
      {"spec":"dir:/srv/root=6.1.0-50"},{"spec":"debian:trixie,flavour=amd64"}]})";
  const auto plan = parse(text, {});
  ASSERT_TRUE(plan) << plan.error().what();
  EXPECT_EQ(plan->kernels[0].id, "bzImage");
  EXPECT_EQ(plan->kernels[1].id, "linux");
  EXPECT_EQ(plan->kernels[2].id, "root-6.1.0-50");
  EXPECT_EQ(plan->kernels[3].id, "trixie-amd64");
}

TEST(MatrixPlan, WhatOverrodeTheFileCanBeSaidAgain) {
  EXPECT_TRUE(override_options({}).empty());
  MatrixOverrides overrides;
  overrides.selectors = {"alpha", "beta/only"};
  overrides.trials = 50;
  overrides.boots = 2;
  overrides.filter = "sid";
  EXPECT_EQ(override_options(overrides),
            (std::vector<std::string>{"--repro", "alpha", "--repro", "beta/only", "--trials", "50",
                                      "--boots", "2"}));
}

TEST(MatrixPlan, WhatIsKnownOfAKernelIsStatedWithAReason) {
  const auto plan = parse(R"({"schema":1,"kernels":[
      {"spec":"debian:a","expect":{"alpha":"fixed","beta":"affected","because":"RHEL-37087"}},
      {"spec":"debian:b"}]})");
  ASSERT_TRUE(plan) << plan.error().what();
  EXPECT_EQ(plan->kernels[0].expect,
            (StatedExpectations{{"alpha", {StatedWord::Fixed, "RHEL-37087"}},
                                {"beta", {StatedWord::Affected, "RHEL-37087"}}}));
  EXPECT_TRUE(plan->kernels[1].expect.empty());
}

TEST(MatrixPlan, TheCommandLineStatesItOfEveryKernel) {
  const std::string text = R"({"schema":1,"kernels":[
      {"spec":"debian:a","expect":{"alpha":"fixed","because":"x"}},{"spec":"debian:b"}]})";
  MatrixOverrides overrides;
  overrides.expect = {"alpha=unknown:no record of it"};
  const auto plan = parse(text, overrides);
  ASSERT_TRUE(plan) << plan.error().what();
  for (const MatrixKernel& kernel : plan->kernels) {
    EXPECT_EQ(kernel.expect,
              (StatedExpectations{{"alpha", {StatedWord::Unknown, "no record of it"}}}));
  }
  EXPECT_EQ(override_options(overrides),
            (std::vector<std::string>{"--expect", "alpha=unknown:no record of it"}));
  for (const char* mistake : {"gamma=fixed:x", "alpha=clean:x", "alpha=fixed:", "fixed:x"}) {
    overrides.expect = {mistake};
    EXPECT_FALSE(parse(text, overrides)) << mistake;
  }
  overrides.expect = {"alpha=fixed:x"};
  overrides.selectors = {"beta"};
  EXPECT_FALSE(parse(text, overrides)) << "it does not run";
}

TEST(MatrixPlan, ShardsAreAPartition) {
  const std::string text =
      R"({"schema":1,"kernels":[{"spec":"debian:a"},{"spec":"debian:b"},{"spec":"debian:c"}]})";
  std::vector<std::string> all;
  for (int shard = 1; shard <= 2; ++shard) {
    MatrixOverrides overrides;
    ASSERT_TRUE(parse_shard(std::to_string(shard) + "/2", overrides));
    const auto plan = parse(text, overrides);
    ASSERT_TRUE(plan);
    for (const auto& kernel : plan->kernels) all.push_back(kernel.id);
  }
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, (std::vector<std::string>{"a", "b", "c"}));
}

TEST(MatrixPlan, MistakesAreUsageErrorsThatNameThePlace) {
  const struct {
    const char* text;
    const char* part;
  } cases[] = {
      {"{", "m.json"},
      {"[]", "expected an object"},
      {R"({"kernels":[{"spec":"native"}]})", "\"schema\" must be 1"},
      {R"({"schema":2,"kernels":[{"spec":"native"}]})", "\"schema\" must be 1"},
      {R"({"schema":1,"kernels":[]})", "at least one"},
      {R"({"schema":1,"kernels":[{}]})", "kernel 1: a kernel needs a \"spec\""},
      {R"({"schema":1,"kernels":[{"spec":"native"},{"spec":"native"}]})", "is taken"},
      {R"({"schema":1,"kernels":[{"spec":"native","cpus":0}]})", "from 1 to 64"},
      {R"({"schema":1,"kernels":[{"spec":"native","expect":{"alpha":"fixed"}}]})",
       "kernel 1: \"expect\": a \"because\" is missing"},
      {R"({"schema":1,"kernels":[{"spec":"native","expect":{"alpha":"fixed","because":" "}}]})",
       "\"because\" is missing"},
      {R"({"schema":1,"kernels":[{"spec":"native","expect":{"alpha":"fine","because":"x"}}]})",
       "alpha: \"fine\" is none of"},
      {R"({"schema":1,"kernels":[{"spec":"native","expect":{"alpha":1,"because":"x"}}]})",
       "alpha: 1 is none of"},
      {R"({"schema":1,"kernels":[{"spec":"native","expect":{"gamma":"fixed","because":"x"}}]})",
       "no reproducer gamma"},
      {R"({"schema":1,"kernels":[{"spec":"native","expect":{"because":"x"}}]})",
       "names no reproducer"},
      {R"({"schema":1,"kernels":[{"spec":"native","expect":"fixed"}]})", "expected {"},
      {R"({"schema":1,"kernels":[{"spec":"native","expect":{"alpha":"fixed","because":7}}]})",
       "\"because\": expected text"},
      {R"({"schema":1,"kernels":[{"spec":"native","cpu":2}]})", "unknown member \"cpu\""},
      {R"({"schema":1,"kernels":[{"spec":"native","trials":5}]})", "\"trials\": expected {"},
      {R"({"schema":1,"kernels":[{"spec":"native","trials":{"alpha":0}}]})", "\"alpha\": 0 is no"},
      {R"({"schema":1,"kernels":[{"spec":"native","trials":{"gamma":1}}]})",
       "\"trials\": no reproducer gamma"},
      {R"({"schema":1,"kernels":[{"spec":"native","qemu":["-device","x"]}]})",
       "kernel 1: \"qemu\": native runs without QEMU"},
      {R"({"schema":1,"kernels":[{"spec":"uml:linux","qemu":[]}]})",
       "\"qemu\": uml:linux runs without QEMU"},
      {R"({"schema":1,"kernels":[{"spec":"debian:a","qemu":"-device x"}]})", "a list of words"},
      {R"({"schema":1,"kernels":[{"spec":"debian:a","qemu":["-device",1]}]})", "a list of words"},
      {R"({"schema":1,"kernels":[{"spec":"debian:a","qemu":["-kernel","x"]}]})",
       "kernel 1: \"qemu\": -kernel is neither"},
      {R"({"schema":1,"kernels":[{"spec":"native","id":"../x"}]})", "letters, digits"},
      {R"({"schema":1,"kernels":[{"spec":"native","params":{"alpha":{"x":"1"}}}]})",
       "no parameter x"},
      {R"({"schema":1,"kernels":[{"spec":"native","params":{"alpha":{"cpu":"banana"}}}]})",
       "kernel 1: \"params\": alpha: cpu=banana: not one of split, same"},
      {R"({"schema":1,"kernels":[{"spec":"native"}],"repros":["gamma"]})", "no reproducer gamma"},
      {R"({"schema":1,"kernels":[{"spec":"native"}],"repros":["alpha/x"]})", "no variant x"},
      {R"({"schema":1,"kernels":[{"spec":"native"}],"trials":-1})", "trials"},
  };
  for (const auto& c : cases) {
    const auto plan = parse(c.text);
    ASSERT_FALSE(plan) << c.text;
    EXPECT_EQ(plan.error().kind(), ErrorKind::Usage);
    EXPECT_NE(plan.error().what().find(c.part), std::string::npos) << plan.error().what();
  }
  for (const char* shard : {"", "1", "0/2", "3/2", "a/b", "1/2x"}) {
    MatrixOverrides overrides;
    EXPECT_FALSE(parse_shard(shard, overrides)) << shard;
  }
}

std::vector<Manifest> with_widening() {
  std::vector<Manifest> all = two_reproducers();
  Param widen;
  widen.name = "widen";
  widen.fallback = "none";
  widen.choices = {"auto", "none", "herd"};
  all[0].params.push_back(widen);
  all[0].variants[1].widens = false;
  return all;
}

Result<MatrixPlan> parse_widened(const std::string& value, const MatrixOverrides& overrides) {
  const std::string params =
      value.empty() ? "" : R"(,"params":{"alpha":{"widen":")" + value + R"("}})";
  return parse_matrix(
      R"({"schema":1,"kernels":[{"spec":"native"},{"spec":"uml:x")" + params + "}]}", "m.json",
      with_widening(), overrides);
}

TEST(MatrixPlan, AWidenedCellSearchesAndNoOther) {
  const auto plan = parse_widened("auto", {});
  ASSERT_TRUE(plan) << plan.error().what();
  EXPECT_TRUE(plan->kernels[0].search.empty());
  using Search = std::map<std::string, std::uint64_t>;
  EXPECT_EQ(plan->kernels[1].search, (Search{{"alpha/first", 300}}));
  EXPECT_EQ(parse_widened("auto", {.search = 7})->kernels[1].search, (Search{{"alpha/first", 7}}));
  EXPECT_EQ(parse_widened("auto", {.warm = "x", .warm_cells = {"alpha/first"}})->kernels[1].search,
            (Search{{"alpha/first", 50}}));
  EXPECT_EQ(parse_widened("herd", {})->kernels[1].search, (Search{{"alpha/first", 300}}));
}

TEST(MatrixPlan, AVariantThatTakesNoHelpSearchesNothing) {
  const auto plan =
      parse_widened("auto", {.selectors = {"alpha/first", "alpha/second"}, .search = 7});
  ASSERT_TRUE(plan) << plan.error().what();
  using Search = std::map<std::string, std::uint64_t>;
  EXPECT_EQ(plan->kernels[1].search, (Search{{"alpha/first", 7}}));
}

TEST(MatrixPlan, NaturalTakesTheHelpAwayUnlessAKernelAsksForIt) {
  const auto plan = parse_widened("none", {.natural = true});
  ASSERT_TRUE(plan) << plan.error().what();
  for (const MatrixKernel& kernel : plan->kernels) {
    EXPECT_EQ(kernel.params.at("alpha").at("widen"), "none");
    EXPECT_FALSE(kernel.params.contains("beta"));
  }
  EXPECT_FALSE(parse_widened("auto", {.natural = true}));
}

TEST(MatrixPlan, ASearchWithNothingToSearchIsAMistake) {
  EXPECT_FALSE(parse_widened("", {.search = 7}));
  EXPECT_FALSE(parse_widened("", {.warm = "x"}));
  EXPECT_TRUE(parse_widened("auto", {.search = 7}));
}

TEST(MatrixPlan, TheOptionsOfASearchAreRepeated) {
  EXPECT_EQ(override_options({.natural = true, .search = 7, .warm = "old"}),
            (std::vector<std::string>{"--natural", "--search", "7", "--warm", "old"}));
}

}  // namespace
}  // namespace hangrate
