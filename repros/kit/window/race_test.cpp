// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a race does with plans that do not work on this machine: "nowhere" walks, but has both
// parties on one CPU, which no machine can do.
#include "repros/kit/window/race.h"

#include <gtest/gtest.h>

namespace window {
namespace {

std::vector<Plan> plans() {
  return {{.name = "plain"}, {.name = "nowhere", .walk = kMilli}};
}

class RaceTest : public ::testing::Test {
 protected:
  RaceTest()
      : slot_(static_cast<hang_slot*>(hang_share(sizeof(hang_slot)))),
        search_(static_cast<hang_search*>(hang_share(sizeof(hang_search)))) {}

  /// The exit code of a worker that sets the race up and aims once.
  int aim_once(const char* widen) {
    const int pid = fork();
    if (pid == 0) work(widen);
    int status = -1;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  void replay(const char* plan) {
    slot_->replay = 1;
    strcpy(slot_->replay_shot.plan, plan);
  }

  hang_slot* slot_;
  hang_search* search_;

 private:
  [[noreturn]] void work(const char* widen) {
    char setting[64];
    snprintf(setting, sizeof setting, "widen=%s", widen);
    char* settings[] = {setting, nullptr};
    hang_self.slot = slot_;
    hang_self.search = search_;
    hang_self.settings = settings;
    hang_self.bell = -1;
    const Widening widening(plans);
    hang_aimable(nullptr, 0);
    hang_aim();
    _exit(strcmp(hang_plan(), "plain") == 0 ? 0 : 1);
  }
};

TEST_F(RaceTest, APlanThatDoesNotWorkIsLeftOutWithItsReason) {
  EXPECT_EQ(aim_once("auto"), 0) << slot_->message;
  for (uint32_t i = 0; i < search_->count; ++i) {
    const bool plain = strcmp(search_->arms[i].shot.plan, "plain") == 0;
    EXPECT_STREQ(search_->arms[i].off, plain ? "" : "needs a second CPU");
  }
  EXPECT_GE(search_->count, 1u);
}

TEST_F(RaceTest, APlanThatWasAskedForAndDoesNotWorkIsASkip) {
  EXPECT_EQ(aim_once("nowhere"), HANG_EXIT_SKIP);
  EXPECT_STREQ(slot_->message, "cannot widen the race here: nowhere: needs a second CPU");
}

TEST_F(RaceTest, AShotIsRepeatedWhereItsPlanWorks) {
  replay("plain");
  EXPECT_EQ(aim_once("auto"), 0) << slot_->message;
}

TEST_F(RaceTest, AShotOfAPlanThatDoesNotWorkHereIsASkipAndNeverAnotherShot) {
  replay("nowhere");
  EXPECT_EQ(aim_once("auto"), HANG_EXIT_SKIP);
  EXPECT_STREQ(slot_->message, "the shot cannot be repeated here: nowhere: needs a second CPU");
}

TEST_F(RaceTest, AShotOfNoPlanIsAFailure) {
  replay("elsewhere");
  EXPECT_EQ(aim_once("auto"), HANG_EXIT_SETUP);
  EXPECT_STREQ(slot_->message, "no plan is called elsewhere");
}

}  // namespace
}  // namespace window
