// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/guest/script_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hangrate {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

TEST(ScriptHead, NamesItsInterpreterAndWhatEnvStarts) {
  EXPECT_EQ(script_head("#!/bin/sh\nexit 0\n")->interpreter, "/bin/sh");
  EXPECT_EQ(script_head("#! /usr/bin/awk -f\n")->interpreter, "/usr/bin/awk");
  EXPECT_EQ(script_head("#!/bin/sh")->interpreter, "/bin/sh") << "without a newline";
  EXPECT_EQ(script_head("#!/usr/bin/env python3\n")->program, "python3");
  EXPECT_EQ(script_head("#!/usr/bin/env -S A=1 python3 -u\n")->program, "python3");
  EXPECT_EQ(script_head("#!/bin/sh -e\n")->program, "");
}

TEST(ScriptHead, WhatNoKernelTakesForAScriptIsNone) {
  EXPECT_FALSE(script_head(""));
  EXPECT_FALSE(script_head("#"));
  EXPECT_FALSE(script_head("#!\n/bin/sh\n"));
  EXPECT_FALSE(script_head("# !/bin/sh\n"));
  EXPECT_FALSE(script_head("#!/" + std::string(300, 'x') + "\n")) << "cut off by the kernel";
  EXPECT_FALSE(script_head(std::string("#!/bin\0/sh\n", 11)));
}

TEST(ScriptHead, AShellIsOneByItsName) {
  EXPECT_TRUE(is_shell("/bin/sh"));
  EXPECT_TRUE(is_shell("bash"));
  EXPECT_FALSE(is_shell("/bin/python3"));
  EXPECT_FALSE(is_shell("/bin/sh/x"));
}

TEST(ScriptHead, ProgramsOfAShellAreFoundWhereverTheyStand) {
  const auto names = names_in_shell(
      "#!/bin/sh\n# uses git\nx=$(date +%s); dd if=/dev/zero|gzip -c>'out.gz' && ./next.sh\n");
  for (const char* name : {"date", "dd", "gzip", "/dev/zero", "./next.sh", "out.gz"}) {
    EXPECT_THAT(names, Contains(name));
  }
  EXPECT_THAT(names, Not(Contains("git"))) << "a comment";
  EXPECT_THAT(names_in_shell("a a\na"), ElementsAre("a"));
  EXPECT_TRUE(names_in_shell(std::string("\0\xff;", 3)).empty());
}

}  // namespace
}  // namespace hangrate
