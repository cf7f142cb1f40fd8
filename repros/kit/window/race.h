// SPDX-License-Identifier: GPL-2.0-or-later
//
// Race: the tools in one object, for a trial in which one task, the provoker (the worker itself),
// opens a short window and the victim must get into it. setup() proves what works here, aim()
// chooses, fire() provokes. A program declares its plans in a file of its own:
//   static const window::Widening widening(plans);
// and calls hang_aimable(), hang_aim(), hang_fire() and hang_near() whether it is linked in or not.
#pragma once

#include <memory>

#include "self_check.h"
#include "shot_search.h"

namespace window {

/// One way to hold the window open.
struct Plan {
  const char* name = "";  ///< static text, at most 23 bytes
  Placement provoker;     ///< of the worker
  Placement victim;       ///< of every victim
  Nanos walk = 0;         ///< fire() makes a wake-up this long, ns, roughly; 0: no herd
  Nanos hold = 0;         ///< fire() aims an interrupt this long, ns, roughly; 0: none, no delay
};

class Race {
 public:
  /// Tests each plan on this machine, and turns off those that do not work, with the reason; a plan
  /// that was asked for and does not work, or none that works, is a skip. The setting `widen`
  /// chooses: "auto" all, "x" those called x or x-...; `delay`: of the interrupt, ns from its
  /// arming, 0: to be searched. `victims`: the thread ids that a plan places.
  void setup(const std::vector<Plan>& plans, const std::vector<int>& victims) {
    const std::string wanted = hang_text("widen", "none");
    std::string reasons;
    victims_ = victims;
    for (const Plan& plan : plans) {
      const std::string name = plan.name;
      if (wanted != "auto" && wanted != name && name.rfind(wanted + "-", 0) != 0) continue;
      tools_.push_back(std::make_unique<Tool>());
      Tool& tool = *tools_.back();
      tool.plan = plan;
      const std::string off = test(tool);
      tool.works = off.empty();
      declare(tool, hang_number("delay", 0));
      search_.turn(plan.name, off.c_str());
      if (!off.empty()) reasons += (reasons.empty() ? "" : "; ") + name + ": " + off;
    }
    if (tools_.empty())
      hang_skip("cannot widen the race here: no plan is called %s", wanted.c_str());
    if (search_.best() == nullptr) hang_skip("cannot widen the race here: %s", reasons.c_str());
    const hang_shot& replayed = hang_self.slot->replay_shot;
    if (hang_self.slot->replay == 0 || replayed.plan[0] == '\0') return;
    const Tool* again = find(replayed.plan);
    if (again == nullptr) hang_fail("no plan is called %s", replayed.plan);
    if (!again->works) hang_skip("the shot cannot be repeated here: %s", reasons.c_str());
  }

  /// Chooses this trial's shot, publishes it and places the parties.
  void aim() {
    hang_slot* slot = hang_self.slot;
    arm_ = nullptr;
    if (slot->replay != 0) {
      shot_ = slot->replay_shot;
    } else {
      hang_arm* arm = choose();
      if (arm == nullptr) hang_fail("no plan works any more");
      shot_ = arm->shot;
      if (hang_trial() < slot->search_trials) {
        arm_ = arm;
        arm_->tries.fetch_add(1, std::memory_order_relaxed);
      }
    }
    tool_ = find(shot_.plan);
    if (tool_ != nullptr && tool_ != placed_) {
      const std::string problem = place(tool_->plan);
      if (!problem.empty()) hang_fail("%s", problem.c_str());
      placed_ = tool_;
    }
    slot->shot = shot_;
    hang_self.arm = arm_;
  }

  /// Loads the wait queues of `fd`, if the plan does, and calls `provoke` with the interrupt aimed
  /// into it, if the plan has one. If that took so long that the interrupt struck inside, it is a
  /// near miss, unless it hits.
  void fire(void (*provoke)(), int fd) {
    const bool herd = tool_ != nullptr && tool_->herd.built();
    if (herd && !tool_->herd.attach(fd)) hang_fail("epoll_ctl: %s", strerror(errno));
    if (tool_ == nullptr || !tool_->interrupt.built()) {
      provoke();
    } else {
      const Nanos start = arm();
      provoke();
      const bool struck = hang_now() - start > tool_->struck_after;
      if (struck) near();
      if (!struck) tool_->interrupt.disarm();
    }
    if (herd) tool_->herd.detach(fd);
  }

  /// Counts a near miss of this trial, by the program's own measure.
  void near() {
    if (arm_ != nullptr) arm_->near.fetch_add(1, std::memory_order_relaxed);
  }

 private:
  /// A plan, and what was made for it.
  struct Tool {
    Plan plan;
    Herd herd;
    Interrupt interrupt;
    Nanos walk_end = 0;      // from the provocation to the end of the walk, ns
    bool works = false;      // passed its test
    Nanos struck_after = 0;  // a provocation longer than this had the interrupt inside, ns
  };

  static constexpr int kRounds = 15;                // of each measurement
  static constexpr Nanos kLeastHold = 20 * kMicro;  // a remote wake-up takes 2 to 20 us for real
  static constexpr Nanos kMostLate = 500 * kMicro;
  static constexpr Nanos kLongArming = 50 * kMicro;
  static constexpr size_t kProbe = 1000;  // entries; every limit of descriptors allows that many
  /// The search draws from its own stream, so that a replay, which does not search, sees the same
  /// numbers from hang_random().
  static constexpr uint64_t kSearchStream = 0x7365617263680000ULL;

  static std::string us(Nanos span) { return std::to_string(span / kMicro) + " us"; }

  /// Entries that make a wake-up `span` ns long here, by the cost of kProbe of them.
  static size_t entries_for(Nanos span, Nanos cost) {
    const auto wish = static_cast<size_t>(span) * kProbe / static_cast<size_t>(cost);
    return std::clamp<size_t>(wish, kProbe, std::max(kProbe, Crowd::most(200'000)));
  }

  std::string place(const Plan& plan) const {
    std::string problem = grant(0, plan.provoker);
    for (size_t i = 0; i < victims_.size() && problem.empty(); ++i) {
      problem = grant(victims_[i], plan.victim);
    }
    return problem;
  }

  static std::string build(Tool& tool) {
    Herd probe;
    std::string problem = probe.build(kProbe);
    if (!problem.empty()) return problem;
    const Nanos without = wake_cost(nullptr, kRounds);
    const Nanos with = wake_cost(&probe, kRounds);
    if (without < 0 || with < 0) return failed("herd");
    const Nanos cost = with - without;
    if (cost < kMicro) {
      return "a herd of 1000 lengthens a wake-up by " + std::to_string(cost) + " ns only";
    }
    if (tool.plan.walk != 0) {
      const size_t entries = entries_for(tool.plan.walk, cost);
      problem = tool.herd.build(entries);
      if (!problem.empty()) return problem;
      tool.walk_end = wake_cost(&tool.herd, kRounds);
      if (tool.walk_end < without + tool.plan.walk / 10) {
        return "the herd makes a wake-up " + us(tool.walk_end) + " long, not " +
               us(tool.plan.walk) + ", with " + std::to_string(entries) +
               " entries (a limit of open files)";
      }
    }
    return tool.plan.hold == 0 ? "" : tool.interrupt.build(entries_for(tool.plan.hold, cost));
  }

  /// "" if the plan does here what it is for, else why not.
  std::string test(Tool& tool) const {
    Plan& plan = tool.plan;
    const bool loads = plan.walk != 0 || plan.hold != 0;
    if (loads && plan.provoker.cpu == plan.victim.cpu) return "needs a second CPU";
    std::string problem = place(plan);
    if (!problem.empty() && plan.hold != 0) {
      // With a policy both are sooner on their CPUs; the interrupt asks for none.
      plan.provoker.policy = plan.victim.policy = SCHED_OTHER;
      problem = place(plan);
    }
    if (!problem.empty() || !loads) return problem;
    problem = build(tool);
    if (!problem.empty() || plan.hold == 0) return problem;
    const HoldSeen seen = typical_hold(tool.interrupt, kRounds, kLeastHold);
    if (seen.held < kLeastHold) return "the interrupt does not hold the CPU for " + us(kLeastHold);
    if (seen.late > kMostLate) return "the interrupt is " + us(seen.late) + " late";
    tool.struck_after = tool.walk_end + seen.held / 2;
    return "";
  }

  void declare(const Tool& tool, Nanos delay) {
    if (tool.plan.hold == 0 || delay != 0) {
      search_.declare(tool.plan.name, tool.plan.hold == 0 ? 0 : delay);
      return;
    }
    search_.adopt(tool.plan.name);
    // The walk begins some us after the arming, and an interrupt at its very end may be late. Each
    // delay is about 1.4 times the one before.
    constexpr Nanos kDelays[] = {5'000,   7'000,   10'000,  14'000,  20'000,    28'000,
                                 40'000,  56'000,  80'000,  112'000, 160'000,   224'000,
                                 320'000, 450'000, 640'000, 900'000, 1'280'000, 1'800'000};
    const Nanos last = std::max(tool.walk_end, kDelays[0]);
    for (const Nanos bin : kDelays) {
      if (bin >= tool.plan.walk / 40 && bin <= last) search_.declare(tool.plan.name, bin);
    }
  }

  hang_arm* choose() {
    if (hang_trial() >= hang_self.slot->search_trials) {
      // Nothing is counted from here on, so every worker finds the same.
      if (fixed_ == nullptr) fixed_ = search_.best();
      return fixed_;
    }
    Stream stream(hang_self.slot->seed ^ kSearchStream, hang_trial());
    return search_.explore(stream);
  }

  const Tool* find(const char* plan) const {
    for (const auto& tool : tools_) {
      if (strncmp(tool->plan.name, plan, sizeof shot_.plan) == 0) return tool.get();
    }
    return nullptr;
  }

  /// Aims the interrupt and returns the time now. Arming takes the kernel a few us; if it took much
  /// longer, this CPU was taken away meanwhile and the aim is stale: once more.
  Nanos arm() const {
    Nanos now = hang_now();
    for (int attempt = 0; attempt < 10; ++attempt) {
      const Nanos from = now;
      tool_->interrupt.arm(from + shot_.delay_ns);
      now = hang_now();
      if (now - from < kLongArming) break;
    }
    return now;
  }

  std::vector<std::unique_ptr<Tool>> tools_;
  std::vector<int> victims_;
  ShotSearch search_{*hang_self.search};
  hang_shot shot_{};
  hang_arm* arm_ = nullptr;       // of the trial in flight, while it searches
  hang_arm* fixed_ = nullptr;     // of all measured trials
  const Tool* tool_ = nullptr;    // of the trial in flight; nullptr: no help
  const Tool* placed_ = nullptr;  // the last to have placed the parties
};

/// Plugs a Race with these plans into the program, made when the setting `widen` asks for help.
class Widening {
 public:
  explicit Widening(std::vector<Plan> (*plans)()) {
    plans_of() = plans;
    hang_self.window.setup = [](const int* tids, int count) {
      if (strcmp(hang_text("widen", "none"), "none") == 0) return;
      static Race race;
      hang_self.window.aim = [] { race.aim(); };
      hang_self.window.fire = [](void (*call)(), int fd) { race.fire(call, fd); };
      hang_self.window.near = [] { race.near(); };
      race.setup(plans_of()(), {tids, tids + count});
    };
  }

 private:
  static std::vector<Plan> (*&plans_of())() {
    static std::vector<Plan> (*plans)() = nullptr;
    return plans;
  }
};

}  // namespace window
