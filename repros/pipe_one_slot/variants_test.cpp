// SPDX-License-Identifier: GPL-2.0-or-later
#include <map>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "harness/model/param_check.h"
#include "harness/testing/worker_process.h"
#include "repros/kit/supervised_worker.h"
#include "repros/kit/worker.h"
#include "repros/pipe_one_slot/scene.h"
#include "repros/pipe_one_slot/token_pipe.h"
#include "repros/pipe_one_slot/token_thread.h"

namespace hangrate::pipe_one_slot {
namespace {

using protocol::InvariantStatus;
using protocol::Slot;
using protocol::TrialOutcome;
using protocol::Verb;
using testing::comes_true;
using testing::in_worker;

Scene one_asleep() {
  return {.asleep = 1, .running = 0, .pipe = {.queued = 1, .capacity = 4096, .room = false}};
}

TEST(Judge, IsBrokenWhenAllWhoAreLeftSleepInWriteAndThePipeIsNotFull) {
  Scene scene = one_asleep();
  EXPECT_EQ(judge(scene).status, InvariantStatus::Broken) << judge(scene).text;
  scene.asleep = 2;
  EXPECT_EQ(judge(scene).status, InvariantStatus::Broken) << judge(scene).text;
}

TEST(Judge, HoldsWhileAnotherPartyMayStillRead) {
  Scene scene = one_asleep();
  scene.running = 1;
  EXPECT_EQ(judge(scene).status, InvariantStatus::Holds) << judge(scene).text;
}

TEST(Judge, HoldsForAWriterThatRunsOrHasReturned) {
  Scene scene = one_asleep();
  scene.asleep = 0;
  EXPECT_EQ(judge(scene).status, InvariantStatus::Holds);
  scene.running = 1;
  EXPECT_EQ(judge(scene).status, InvariantStatus::Holds);
}

TEST(Judge, HoldsOnAPipeThatIsReallyFull) {
  Scene scene = one_asleep();
  scene.pipe.queued = scene.pipe.capacity;
  EXPECT_EQ(judge(scene).status, InvariantStatus::Holds) << judge(scene).text;
}

TEST(Judge, DoesNotClaimALostWakeUp) {
  Scene scene = one_asleep();
  scene.pipe.room = true;
  EXPECT_EQ(judge(scene).status, InvariantStatus::Unknown) << judge(scene).text;
}

TEST(TokenPipe, TakesNoByteBehindTheEndOfItsOnlyPageUntilItIsEmpty) {
  TokenPipe pipe;
  ASSERT_EQ(pipe.open(1), "");
  ASSERT_EQ(pipe.put_token_at_page_end('a'), "");
  EXPECT_EQ(pipe.look().queued, 1);
  EXPECT_FALSE(pipe.look().room);
  EXPECT_FALSE(pipe.give('b'));
  char token = 0;
  EXPECT_TRUE(pipe.take(token));
  EXPECT_EQ(token, 'a');
  EXPECT_TRUE(pipe.give('b'));
  EXPECT_FALSE(pipe.look().room);
  EXPECT_TRUE(pipe.give('c')) << "the first byte of a page leaves room for others";
}

TEST(TokenPipe, TakesItWithTwoSlots) {
  TokenPipe pipe;
  ASSERT_EQ(pipe.open(2), "");
  ASSERT_EQ(pipe.put_token_at_page_end('a'), "");
  EXPECT_TRUE(pipe.look().room);
  EXPECT_TRUE(pipe.give('b'));
}

TEST(TokenThread, IsAsleepInWriteButNotInReadOrAtRest) {
  TokenPipe pipe;
  ASSERT_EQ(pipe.open(1), "");
  TokenThread thread;
  ASSERT_EQ(thread.start("test"), "");
  EXPECT_FALSE(thread.asleep_in_write());
  thread.post({.read_fd = pipe.read_end(), .write_fd = pipe.write_end()});  // the pipe is empty
  EXPECT_TRUE(comes_true([&] { return thread.asleep_in_read(); }));
  EXPECT_FALSE(thread.asleep_in_write());
  ASSERT_TRUE(pipe.give('a'));
  EXPECT_TRUE(comes_true([&] { return thread.finished(); }));
  EXPECT_FALSE(thread.asleep_in_write());

  char token = 0;
  ASSERT_TRUE(pipe.take(token));
  ASSERT_EQ(pipe.put_token_at_page_end('b'), "");
  thread.post({.write_fd = pipe.write_end()});
  EXPECT_TRUE(comes_true([&] { return thread.asleep_in_write(); }));
  ASSERT_TRUE(pipe.take(token));
  EXPECT_TRUE(comes_true([&] { return thread.finished(); }));
}

TEST(Manifest, EveryVariantCanBeMade) {
  const Manifest m = kit::reproducer_manifest();
  EXPECT_EQ(m.name, "pipe_one_slot");
  std::set<std::string> names;
  for (const Variant& variant : m.variants) {
    EXPECT_TRUE(names.insert(variant.name).second) << variant.name;
    EXPECT_NE(kit::make_reproducer({variant.name, default_params(kit::reproducer_manifest()), 0}),
              nullptr);
    EXPECT_FALSE(variant.signatures.empty()) << variant.name;
  }
}

TEST(SwapTrial, TwoSlotsRunCleanWithoutSupervisor) {
  for (const char* widen : {"none", "rendezvous", "asleep"}) {
    const int code = in_worker([&] {
      kit::WorkerOptions options;
      options.variant = "two-slots";
      options.params = default_params(kit::reproducer_manifest());
      options.params["widen"] = widen;
      options.supervised = false;
      options.trials = 50;
      return kit::run_worker(options);
    });
    EXPECT_EQ(code, protocol::kExitClean) << widen;
  }
}

/// Variant `both` hangs always, `swap` in nearly every trial if there are two CPUs.
class ParkedTrial : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    worker_.slot().patience_ns = 200 * kMicro;
    ASSERT_TRUE(worker_.start([&](kit::Context& context) { return run_until_parked(context); }));
    if (!comes_true([&] { return worker_.parked(); })) GTEST_SKIP() << "no trial hung";
  }

  int run_until_parked(kit::Context& context) {
    std::map<std::string, std::string> params = default_params(kit::reproducer_manifest());
    params["widen"] = "asleep";
    const auto reproducer = kit::make_reproducer({GetParam(), params, 0});
    reproducer->setup(context);
    for (int i = 0; i < 1000; ++i) {
      const TrialOutcome outcome = reproducer->trial(context);
      if (worker_.released()) return static_cast<int>(outcome);
    }
    return -1;
  }

  void order(Verb verb) {
    worker_.order(verb);
    ASSERT_TRUE(comes_true([&] { return worker_.answered(); }));
  }

  kit::SupervisedWorker worker_;
  const Slot& slot_ = worker_.slot();
};

TEST_P(ParkedTrial, InvariantIsBrokenUntilTheLeverFreesAll) {
  std::set<int> writers;
  for (std::uint32_t i = 0; i < slot_.party_count; ++i) {
    if (slot_.parties[i].victim == 0) continue;
    EXPECT_STREQ(slot_.parties[i].role, "writer");
    writers.insert(slot_.parties[i].tid);
  }
  EXPECT_EQ(writers.size(), std::string(GetParam()) == "both" ? 2u : 1u);
  const std::string asleep = std::to_string(writers.size()) + " asleep in a write";
  // The last one woken may still be on its way back to sleep.
  EXPECT_TRUE(comes_true([&] {
    order(Verb::Check);
    return InvariantStatus{slot_.invariant} == InvariantStatus::Broken;
  }));
  for (int i = 0; i < 3; ++i) {
    order(Verb::Check);
    EXPECT_EQ(InvariantStatus{slot_.invariant}, InvariantStatus::Broken) << slot_.invariant_text;
    EXPECT_NE(std::string(slot_.invariant_text).find(asleep), std::string::npos)
        << slot_.invariant_text;
  }
  order(Verb::Lever);
  EXPECT_TRUE(comes_true([&] { return worker_.released(); }));
  EXPECT_EQ(worker_.exit_code(), static_cast<int>(TrialOutcome::Clean));
}

std::string camel_case(const ::testing::TestParamInfo<const char*>& param) {
  return std::string(param.param) == "both" ? "Both" : "Swap";
}
INSTANTIATE_TEST_SUITE_P(Hanging, ParkedTrial, ::testing::Values("both", "swap"), camel_case);

}  // namespace
}  // namespace hangrate::pipe_one_slot
