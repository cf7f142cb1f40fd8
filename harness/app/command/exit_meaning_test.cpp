// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/app/command/exit_meaning.h"

#include <csignal>

#include <gtest/gtest.h>

namespace hangrate {
namespace {

constexpr int exited(int code) {
  return code << 8;
}

TEST(ExitMeaning, CodesMeanWhatKselftestSaysUnlessOneIsNamed) {
  EXPECT_EQ(meaning_of(exited(0), 0).means, EndMeans::Clean);
  EXPECT_EQ(meaning_of(exited(1), 0).means, EndMeans::Reproduced);
  EXPECT_EQ(meaning_of(exited(4), 0).means, EndMeans::Skip);
  EXPECT_EQ(meaning_of(exited(2), 0).means, EndMeans::Nothing);
  EXPECT_EQ(meaning_of(exited(127), 0).means, EndMeans::CannotStart);
  EXPECT_EQ(meaning_of(exited(7), 7).means, EndMeans::Reproduced);
  EXPECT_EQ(meaning_of(exited(1), 7).means, EndMeans::Nothing);
}

TEST(ExitMeaning, AFaultIsAFindingAndATerminationIsNot) {
  EXPECT_EQ(meaning_of(SIGSEGV, 0).means, EndMeans::Reproduced);
  EXPECT_EQ(meaning_of(SIGTERM, 0).means, EndMeans::Nothing);
  EXPECT_EQ(meaning_of(SIGSEGV, 0).text, "is killed by SIGSEGV");
}

}  // namespace
}  // namespace hangrate
