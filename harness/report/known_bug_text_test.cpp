// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is claimed of a known bug, and what is not.
#include "harness/report/known_bug_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hangrate {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

KnownBug stall() {
  KnownBug bug;
  bug.repro = "some_stall";
  bug.variant = "plain";
  bug.title = "a writer sleeps for ever";
  bug.summary = "one writer, one reader";
  bug.kernel = "6.18.44";
  bug.here = {Expectation::Affected, ExpectationSource::Manifest, ""};
  bug.affected = {{"5.8", "6.1.76", "fixed by 68e51bdb1194"}, {"6.9", "", ""}, {"", "4.4", ""}};
  bug.history = {"introduced by c73be61cede5 (v5.8)"};
  bug.lever = "resize the pipe again";
  return bug;
}

std::string text_of(const KnownBug& bug) {
  std::string text;
  for (const std::string& line : known_bug_lines(bug)) text += line + "\n";
  return text;
}

TEST(KnownBugText, SaysWhichKernelsHaveItAndWhatFreesIt) {
  EXPECT_EQ(text_of(stall()),
            "the shape of some_stall/plain: a writer sleeps for ever\n"
            "in this shape: one writer, one reader\n"
            "affected: v5.8 to before v6.1.76 (fixed by 68e51bdb1194); v6.9 and later; before "
            "v4.4\n"
            "this kernel, 6.18.44, is inside of that\n"
            "history: introduced by c73be61cede5 (v5.8)\n"
            "what frees it: resize the pipe again\n");
}

TEST(KnownBugText, OutsideOfItsRangeItIsNewsAndNoClaim) {
  KnownBug bug = stall();
  bug.here.value = Expectation::Fixed;
  EXPECT_THAT(text_of(bug), HasSubstr("is outside of that. That would be news, and is no claim"));
  EXPECT_THAT(text_of(stall()), Not(HasSubstr("news")));
}

TEST(KnownBugText, AnUnknownKernelIsToldWithItsReason) {
  KnownBug bug = stall();
  bug.here = {Expectation::Unknown, ExpectationSource::Manifest, "a vendor's tree"};
  EXPECT_THAT(text_of(bug), HasSubstr("6.18.44, has it is not known: a vendor's tree"));
}

TEST(KnownBugText, AnUnknownRangeIsToldAsOne) {
  KnownBug bug = stall();
  EXPECT_THAT(text_of(bug), Not(HasSubstr("not known")));
  bug.affected.push_back({"6.18.44", "6.19", "nobody looked", true});
  bug.here = {Expectation::Unknown, ExpectationSource::Manifest, "nobody looked"};
  EXPECT_THAT(text_of(bug), HasSubstr("; v6.18.44 to before v6.19, where it is not known (nobody "
                                      "looked)\nwhether this kernel, 6.18.44, has it is not "
                                      "known: nobody looked\n"));
}

TEST(KnownBugText, AVendorsRangeNamesItsSource) {
  KnownBug bug = stall();
  bug.here = {Expectation::Fixed, ExpectationSource::VendorRange, "USN-6818-2"};
  EXPECT_THAT(text_of(bug), HasSubstr("outside of that: USN-6818-2"));
}

TEST(KnownBugText, APlaceAloneClaimsNoBug) {
  KnownBug bug = stall();
  bug.by_place = true;
  bug.lookalikes = {"live: a living one"};
  const std::string text = text_of(bug);
  EXPECT_THAT(text, HasSubstr("it sleeps where a task does in some_stall/plain"));
  EXPECT_THAT(text, HasSubstr("nothing is proven of it"));
  EXPECT_THAT(text, HasSubstr("is not this bug: live: a living one"));
  EXPECT_THAT(text, Not(HasSubstr("the shape of")));
}

}  // namespace
}  // namespace hangrate
