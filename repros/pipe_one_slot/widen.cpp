// SPDX-License-Identifier: GPL-2.0-or-later
//
// Ways to start the partner at a chosen moment: some us after the writer, when the writer is
// asleep, or on the writer's CPU.
#include "../kit/window/race.h"
#include "../kit/window/rendezvous.h"
#include "slot.h"

struct Leave {
  const char* plan;
  int64_t delay;  ///< of the partner, ns after the meeting
};

/// The writer needs about 1 us from the meeting to its sleep.
static const Leave leaves[] = {{"rendezvous-0", 0},        {"rendezvous-1us", 1000},
                               {"rendezvous-2us", 2000},   {"rendezvous-5us", 5000},
                               {"rendezvous-20us", 20000}, {"rendezvous-100us", 100000}};

static window::Rendezvous& meeting() {
  static window::Rendezvous one(2, hang_cpu(0) == hang_cpu(1));
  return one;
}
static long meet_and_write(hang_task* task) {
  if (meeting().meet(0) == window::Rendezvous::kNobody) return -ETIMEDOUT;
  return slot_write_token(task);
}

static bool (*const natural)(hang_task*) = slot_approach;

/// Brings the writer to where the plan of this trial wants it when the partner starts.
static bool approach(hang_task* writer) {
  const char* plan = hang_plan();
  if (*plan == '\0') return natural(writer);
  for (const Leave& leave : leaves) {
    if (strcmp(plan, leave.plan) != 0) continue;
    hang_task_post(writer, meet_and_write, nullptr, 0);
    if (meeting().meet(leave.delay) == window::Rendezvous::kNobody) {
      hang_fail("the writer did not come to the meeting");  // which is of no use any more
    }
    return true;
  }
  hang_task_post(writer, slot_write_token, nullptr, 0);
  return hang_until([=] { return hang_task_asleep(writer) || hang_task_over(writer); });
}

static std::vector<window::Plan> plans() {
  const int one = hang_cpu(2 * hang_lane()), other = hang_cpu(2 * hang_lane() + 1);
  const window::Placement here{.cpu = one}, there{.cpu = other};
  std::vector<window::Plan> all;
  for (const Leave& leave : leaves) {
    all.push_back({.name = leave.plan, .provoker = here, .victim = there});
  }
  all.push_back({.name = "asleep", .provoker = here, .victim = there});
  // The writer, woken on the partner's CPU, cannot run before the partner sleeps.
  all.push_back(
      {.name = "one-cpu", .provoker = {.cpu = one, .policy = SCHED_FIFO}, .victim = here});
  return all;
}

static const window::Widening widening(plans);

static const bool replaced = (slot_approach = approach) != nullptr;
