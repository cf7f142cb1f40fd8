// SPDX-License-Identifier: GPL-2.0-or-later
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "harness/testing/program_worker.h"
#include "harness/testing/repro_manifest.h"
#include "harness/testing/worker_process.h"
#include "repros/pipe_one_slot/slot.h"

int hang_program_main(int argc, char** argv);

namespace hangrate {
namespace {

using testing::comes_true;
using testing::ProgramWorker;
using testing::run_alone;

/// A pipe of one page or two, as a trial has it.
class OneSlot : public ::testing::Test {
 protected:
  OneSlot() { hang_self.slot = &slot_; }
  ~OneSlot() override { hang_self.slot = nullptr; }
  hang_slot slot_{};
};

TEST_F(OneSlot, IsBrokenWhenAllWhoAreLeftSleepInWriteAndThePipeIsNotFull) {
  slot_open(1);
  slot_put_at_page_end('a');
  EXPECT_EQ(slot_invariant(1, 0), HANG_BROKEN) << slot_.invariant_text;
  EXPECT_EQ(slot_invariant(2, 0), HANG_BROKEN) << slot_.invariant_text;
}

TEST_F(OneSlot, HoldsWhileAnotherPartyMayStillRead) {
  slot_open(1);
  slot_put_at_page_end('a');
  EXPECT_EQ(slot_invariant(1, 1), HANG_HOLDS) << slot_.invariant_text;
}

TEST_F(OneSlot, HoldsForAWriterThatRunsOrHasReturned) {
  slot_open(1);
  slot_put_at_page_end('a');
  EXPECT_EQ(slot_invariant(0, 0), HANG_HOLDS);
  EXPECT_EQ(slot_invariant(0, 1), HANG_HOLDS);
}

TEST_F(OneSlot, HoldsOnAPipeThatIsReallyFull) {
  slot_open(1);
  while (slot_give('a')) continue;
  EXPECT_EQ(slot_invariant(1, 0), HANG_HOLDS) << slot_.invariant_text;
}

TEST_F(OneSlot, DoesNotClaimALostWakeUp) {
  slot_open(2);
  slot_put_at_page_end('a');
  EXPECT_EQ(slot_invariant(1, 0), HANG_UNKNOWN) << slot_.invariant_text;
}

TEST_F(OneSlot, TakesNoByteBehindTheEndOfItsOnlyPageUntilItIsEmpty) {
  char token = 0;
  slot_open(1);
  slot_put_at_page_end('a');
  EXPECT_FALSE(slot_give('b'));
  EXPECT_TRUE(slot_take(&token));
  EXPECT_EQ(token, 'a');
  EXPECT_TRUE(slot_give('b'));
  EXPECT_TRUE(slot_give('c')) << "the first byte of a page leaves room for others";
}

TEST_F(OneSlot, TakesItWithTwoSlots) {
  slot_open(2);
  slot_put_at_page_end('a');
  EXPECT_TRUE(slot_give('b'));
}

TEST(Variants, OfTheManifestAreThoseOfTheProgram) {
  EXPECT_EQ(testing::variants_of(testing::manifest_of("pipe_one_slot")),
            testing::registered_variants());
}

TEST(Alone, TwoSlotsAreCleanWithAndWithoutHelp) {
  for (const char* widen : {"widen=none", "widen=rendezvous", "widen=asleep"}) {
    EXPECT_EQ(run_alone(hang_program_main, {"two-slots", widen, "--trials", "50"}), 0) << widen;
  }
}

TEST(Alone, BothAlwaysHangAndAreFreed) {
  EXPECT_EQ(run_alone(hang_program_main, {"both", "--trials", "3"}), HANG_EXIT_HIT);
}

TEST(ParkedTrial, InvariantIsBrokenUntilTheLeverFreesAll) {
  ProgramWorker worker;
  worker.start(hang_program_main, "both", 200'000);
  ASSERT_TRUE(comes_true([&] { return worker.in(HANG_PARKED); }));
  const hang_slot& slot = worker.slot();
  std::set<int> writers;
  for (std::uint32_t i = 0; i < slot.party_count; ++i) {
    EXPECT_STREQ(slot.parties[i].role, "writer");
    writers.insert(slot.parties[i].tid);
  }
  EXPECT_EQ(writers.size(), 2u);
  // The last one woken may still be on its way back to sleep.
  EXPECT_TRUE(comes_true([&] {
    worker.order(HANG_CHECK);
    return comes_true([&] { return worker.answered(); }) && slot.invariant == HANG_BROKEN;
  })) << slot.invariant_text;
  worker.order(HANG_LEVER);
  EXPECT_TRUE(comes_true([&] { return worker.released(); }));
  EXPECT_TRUE(comes_true([&] { return worker.clean(); }));
}

}  // namespace
}  // namespace hangrate
