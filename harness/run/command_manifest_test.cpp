// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/run/command_manifest.h"

#include <gtest/gtest.h>

#include "harness/model/json.h"
#include "harness/model/manifest_check.h"

namespace hangrate {
namespace {

TEST(CommandManifest, AShellIsAskedOnlyWhereOneIsNeeded) {
  EXPECT_EQ(manifest_of({.command = "/bin/ls  -l /tmp"})->exec,
            (std::vector<std::string>{"/bin/ls", "-l", "/tmp"}));
  EXPECT_EQ(manifest_of({.command = "a | b"})->exec,
            (std::vector<std::string>{"/bin/sh", "-c", "a | b"}));
}

TEST(CommandManifest, ItsNameIsItsFirstWordAsNamesAre) {
  EXPECT_EQ(manifest_of({.command = "./My-Test.sh now"})->name, "my-test_sh");
  EXPECT_EQ(manifest_of({.command = "x", .name = "other"})->name, "other");
  EXPECT_FALSE(manifest_of({.command = "   "}));
  EXPECT_FALSE(manifest_of({.command = "'%'"}));
}

TEST(CommandManifest, EveryFrameMustBeThere) {
  const auto manifest = manifest_of({.command = "x", .frames = {"a", "b"}});
  ASSERT_EQ(manifest->variants[0].signatures.size(), 1U);
  EXPECT_EQ(manifest->variants[0].signatures[0].frames,
            (std::vector<std::vector<std::string>>{{"a"}, {"b"}}));
}

TEST(CommandManifest, AKnownBugIsAskedOfItsTasksWhateverTheirRoles) {
  const Signature known{.role = "writer", .frames = {{"pipe_write"}}};
  const auto manifest = manifest_of({.command = "x", .signatures = {known}});
  ASSERT_EQ(manifest->variants[0].signatures.size(), 2U);
  EXPECT_EQ(manifest->variants[0].signatures[1].role, manifest->variants[0].signatures[0].role);
  EXPECT_EQ(manifest->variants[0].signatures[1].frames, known.frames);
}

TEST(CommandManifest, WhatIsNoPatternIsRefused) {
  EXPECT_FALSE(manifest_of({.command = "x", .match = "("}));
  EXPECT_TRUE(manifest_of({.command = "x", .match = "a|b"}));
}

TEST(CommandManifest, ATrialIsLeftAloneUntilItsTimeLimit) {
  const auto manifest = manifest_of({.command = "x", .time_limit_s = 100});
  EXPECT_GT(manifest->variants[0].runs_for_ms, 100'000);
}

TEST(CommandManifest, AProgramOfAFolderIsFoundThere) {
  Manifest manifest;
  manifest.exec = {"./script.sh"};
  complete_command(manifest, "/somewhere");
  EXPECT_EQ(manifest.exec[0], "/somewhere/script.sh");
  manifest.exec = {"python3"};
  complete_command(manifest, "/somewhere");
  EXPECT_EQ(manifest.exec[0], "python3");
}

TEST(CommandManifest, SurvivesAJournal) {
  const auto manifest = manifest_of(
      {.command = "x y", .time_limit_s = 7, .hit_exit = 3, .loops = true, .match = "BUG: .*"});
  const auto back = manifest_from_json(to_json_value(*manifest).dump());
  ASSERT_TRUE(back);
  EXPECT_EQ(back->exec, manifest->exec);
  EXPECT_EQ(back->time_limit_s, 7);
  EXPECT_EQ(back->hit_exit, 3);
  EXPECT_TRUE(back->loops);
  EXPECT_EQ(back->match, "BUG: .*");
}

TEST(CommandManifest, AsAFileItSaysTheSameElsewhere) {
  auto manifest = manifest_of({.command = "./x y", .frames = {"f"}, .time_limit_s = 3600});
  ASSERT_TRUE(manifest);
  complete_command(*manifest, "/somewhere");
  auto back = read_manifest(command_file_text(*manifest));
  ASSERT_TRUE(back) << back.error().what();
  complete_command(*back, "/elsewhere");
  EXPECT_EQ(to_json_value(*back), to_json_value(*manifest));
  manifest->name = "No Name";
  EXPECT_FALSE(read_manifest(command_file_text(*manifest)));
}

}  // namespace
}  // namespace hangrate
