// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a race does with plans that do not work on this machine: "nowhere" walks, but has both
// parties on one CPU, which no machine can do.
#include "repros/kit/race/race.h"

#include <cstring>

#include <gtest/gtest.h>

#include "repros/kit/supervised_worker.h"

namespace hangrate::kit {

/// The worker's code wants one; the trials here are those of the tests.
std::unique_ptr<Reproducer> make_reproducer(const Settings&) {
  return nullptr;
}

namespace {

const std::vector<RacePlan> kPlans = {{.name = "plain"}, {.name = "nowhere", .walk = kMilli}};

/// The exit code of a worker that sets the race up and aims once.
int aim_once(SupervisedWorker& worker, const RaceChoice& choice) {
  const bool started = worker.start([&](Context& context) {
    Race race;
    race.setup(context, kPlans, choice, {});
    return std::strcmp(race.aim(context).plan, "plain") == 0 ? protocol::kExitClean : 1;
  });
  return started ? worker.exit_code() : -1;
}

void replay(protocol::Slot& slot, const char* plan) {
  slot.replay = 1;
  std::strcpy(slot.replay_shot.plan, plan);
}

TEST(Race, APlanThatDoesNotWorkIsLeftOutWithItsReason) {
  SupervisedWorker worker;
  EXPECT_EQ(aim_once(worker, {}), protocol::kExitClean) << worker.slot().message;
  const protocol::SearchTable& table = worker.table();
  for (std::uint32_t i = 0; i < table.count; ++i) {
    EXPECT_STREQ(table.arms[i].off,
                 std::strcmp(table.arms[i].shot.plan, "plain") == 0 ? "" : "needs a second CPU");
  }
  EXPECT_GE(table.count, 1u);
}

TEST(Race, APlanThatWasAskedForAndDoesNotWorkIsASkip) {
  SupervisedWorker worker;
  EXPECT_EQ(aim_once(worker, {.plan = "nowhere"}), protocol::kExitSkip);
  EXPECT_STREQ(worker.slot().message, "cannot widen the race here: nowhere: needs a second CPU");
}

TEST(Race, AShotIsRepeatedWhereItsPlanWorks) {
  SupervisedWorker worker;
  replay(worker.slot(), "plain");
  EXPECT_EQ(aim_once(worker, {}), protocol::kExitClean) << worker.slot().message;
}

TEST(Race, AShotOfAPlanThatDoesNotWorkHereIsASkipAndNeverAnotherShot) {
  SupervisedWorker worker;
  replay(worker.slot(), "nowhere");
  EXPECT_EQ(aim_once(worker, {}), protocol::kExitSkip);
  EXPECT_STREQ(worker.slot().message,
               "the shot cannot be repeated here: nowhere: needs a second CPU");
}

TEST(Race, AShotOfNoPlanIsAFailure) {
  SupervisedWorker worker;
  replay(worker.slot(), "elsewhere");
  EXPECT_EQ(aim_once(worker, {}), protocol::kExitSetup);
  EXPECT_STREQ(worker.slot().message, "no plan is called elsewhere");
}

}  // namespace
}  // namespace hangrate::kit
