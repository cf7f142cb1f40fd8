// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/hooks.h"

#include <set>

#include <gtest/gtest.h>

#include "harness/model/traced_call.h"

namespace hangrate {
namespace {

TEST(Hooks, HaveANameOfTheirOwnAndAWay) {
  std::set<std::string> names;
  for (const HookPlan& plan : hook_plans()) {
    EXPECT_TRUE(names.insert(plan.hook).second) << plan.hook;
    EXPECT_FALSE(plan.ways.empty()) << plan.hook;
  }
}

TEST(Hooks, ServeEveryFollowedCall) {
  const std::vector<HookPlan> plans = hook_plans();
  for (const TracedCallRow& row : traced_calls()) {
    for (const CallHook& hook : row.hooks) {
      const auto plan = std::find_if(plans.begin(), plans.end(),
                                     [&](const HookPlan& p) { return p.hook == hook.name(); });
      if (!hook.used()) continue;
      ASSERT_NE(plan, plans.end()) << row.name;
      EXPECT_EQ(plan->probe, row.probe) << row.name;
      EXPECT_EQ(plan->ways.front().targets.front(), *hook.functions.begin()) << row.name;
    }
  }
}

TEST(Hooks, TryAFunctionByItsNewestNameAndTheCheapestWayFirst) {
  for (const HookPlan& plan : hook_plans()) {
    if (plan.hook != "pipe_write") continue;
    ASSERT_EQ(plan.ways.size(), 3U);
    EXPECT_EQ(plan.ways[0].how, HookHow::Fentry);
    EXPECT_EQ(plan.ways[0].enter, "pipe_write_in");
    EXPECT_EQ(plan.ways[0].leave, "pipe_write_out");
    EXPECT_EQ(plan.ways[0].targets, (std::vector<std::string>{"anon_pipe_write", "pipe_write"}));
    EXPECT_EQ(plan.ways[1].enter, "pipe_write_kin");
    EXPECT_EQ(plan.ways[2].how, HookHow::Syscall);
  }
}

}  // namespace
}  // namespace hangrate
