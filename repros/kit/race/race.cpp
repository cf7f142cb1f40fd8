// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/kit/race/race.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <sched.h>

#include "repros/kit/race/self_check.h"

namespace hangrate::kit {

namespace {

constexpr int kRounds = 15;                // of each measurement
constexpr Nanos kLeastHold = 20 * kMicro;  // a remote wake-up takes 2 to 20 us on real machines
constexpr Nanos kMostLate = 500 * kMicro;
constexpr Nanos kLongArming = 50 * kMicro;

/// Delays worth trying, ns: each about 1.4 times the one before.
constexpr Nanos kDelays[] = {5'000,   7'000,   10'000,  14'000,  20'000,    28'000,
                             40'000,  56'000,  80'000,  112'000, 160'000,   224'000,
                             320'000, 450'000, 640'000, 900'000, 1'280'000, 1'800'000};

/// The search draws from its own stream, so that a replay, which does not search, sees the same
/// numbers from Context::rng().
constexpr std::uint64_t kSearchStream = 0x7365617263680000ULL;

std::string us(Nanos span) {
  return std::to_string(span / kMicro) + " us";
}

/// Entries that make a wake-up `span` ns long here, by the cost of a small herd.
std::size_t entries_for(Nanos span, Nanos cost, std::size_t of) {
  constexpr std::size_t kMost = 200'000;
  const auto wish = static_cast<std::size_t>(span) * of / static_cast<std::size_t>(cost);
  return std::clamp<std::size_t>(wish, of, PollCrowd::most(kMost));
}

}  // namespace

std::string Race::place(const RacePlan& plan) const {
  std::string problem = grant(0, plan.provoker);
  for (std::size_t i = 0; i < victims_.size() && problem.empty(); ++i) {
    problem = grant(victims_[i], plan.victim);
  }
  return problem;
}

std::string Race::build(Tool& tool) {
  constexpr std::size_t kProbe = 1000;  // every limit of descriptors allows that many
  WakeHerd probe;
  std::string problem = probe.build(kProbe);
  if (!problem.empty()) return problem;
  const Nanos without = wake_cost(nullptr, kRounds);
  const Nanos with = wake_cost(&probe, kRounds);
  if (without < 0 || with < 0) return std::string("herd: ") + std::strerror(errno);
  const Nanos cost = with - without;
  if (cost < kMicro) {
    return "a herd of 1000 lengthens a wake-up by " + std::to_string(cost) + " ns only";
  }
  if (tool.plan.walk != 0) {
    const std::size_t entries = entries_for(tool.plan.walk, cost, kProbe);
    problem = tool.herd.build(entries);
    if (!problem.empty()) return problem;
    tool.walk_end = wake_cost(&tool.herd, kRounds);
    if (tool.walk_end < without + tool.plan.walk / 10) {
      return "the herd makes a wake-up " + us(tool.walk_end) + " long, not " + us(tool.plan.walk) +
             ", with " + std::to_string(entries) + " entries (a limit of open files)";
    }
  }
  if (tool.plan.hold == 0) return {};
  return tool.hold.build(entries_for(tool.plan.hold, cost, kProbe));
}

std::string Race::test(Tool& tool) {
  RacePlan& plan = tool.plan;
  if ((plan.walk != 0 || plan.hold != 0) && plan.provoker.cpu == plan.victim.cpu) {
    return "needs a second CPU";
  }
  std::string problem = place(plan);
  if (!problem.empty() && plan.hold != 0) {
    // With a policy both are sooner on their CPUs; the interrupt asks for none.
    plan.provoker.policy = plan.victim.policy = SCHED_OTHER;
    problem = place(plan);
  }
  if (!problem.empty() || (plan.walk == 0 && plan.hold == 0)) return problem;
  problem = build(tool);
  if (!problem.empty() || plan.hold == 0) return problem;
  const HoldSeen seen = typical_hold(tool.hold, kRounds, kLeastHold);
  if (seen.held < kLeastHold) return "the interrupt does not hold the CPU for " + us(kLeastHold);
  if (seen.late > kMostLate) return "the interrupt is " + us(seen.late) + " late";
  tool.struck_after = tool.walk_end + seen.held / 2;
  return {};
}

void Race::declare(const Tool& tool, Nanos delay) {
  if (tool.plan.hold == 0) {
    search_->declare(tool.plan.name, 0);
  } else if (delay != 0) {
    search_->declare(tool.plan.name, delay);
  } else {
    search_->adopt(tool.plan.name);
    // The walk begins some us after the arming, and an interrupt at its very end may be late.
    const Nanos last = std::max(tool.walk_end, kDelays[0]);
    for (const Nanos bin : kDelays) {
      if (bin >= tool.plan.walk / 40 && bin <= last) search_->declare(tool.plan.name, bin);
    }
  }
}

void Race::setup(Context& context, const std::vector<RacePlan>& plans, const RaceChoice& choice,
                 std::vector<int> victims) {
  victims_ = std::move(victims);
  search_.emplace(context.search_table());
  std::string reasons;
  for (const RacePlan& plan : plans) {
    const std::string name = plan.name;
    const bool wanted =
        choice.plan == "auto" || choice.plan == name || name.starts_with(choice.plan + "-");
    if (!wanted) continue;
    tools_.push_back(std::make_unique<Tool>());
    Tool& tool = *tools_.back();
    tool.plan = plan;
    const std::string off = test(tool);
    tool.works = off.empty();
    declare(tool, choice.delay);
    search_->turn(plan.name, off.c_str());
    if (!off.empty()) reasons += std::string(reasons.empty() ? "" : "; ") + plan.name + ": " + off;
  }
  if (search_->best() == nullptr) context.skip("cannot widen the race here: " + reasons);
  const protocol::Shot* replayed = context.replayed_shot();
  if (replayed == nullptr || replayed->plan[0] == '\0') return;
  const Tool* again = find(replayed->plan);
  if (again == nullptr) context.fail(std::string("no plan is called ") + replayed->plan);
  if (!again->works) context.skip("the shot cannot be repeated here: " + reasons);
}

const Race::Tool* Race::find(const char* plan) const {
  for (const auto& tool : tools_) {
    if (std::strncmp(tool->plan.name, plan, sizeof shot_.plan) == 0) return tool.get();
  }
  return nullptr;
}

protocol::Arm* Race::choose(Context& context) {
  if (context.trial() >= context.search_trials()) {
    // Nothing is counted from here on, so every worker finds the same.
    if (fixed_ == nullptr) fixed_ = search_->best();
    return fixed_;
  }
  Rng rng(context.seed() ^ kSearchStream, context.trial());
  return search_->explore(rng);
}

const protocol::Shot& Race::aim(Context& context) {
  arm_ = nullptr;
  if (const protocol::Shot* replayed = context.replayed_shot()) {
    shot_ = *replayed;
  } else {
    protocol::Arm* arm = choose(context);
    if (arm == nullptr) context.fail("no plan works any more");
    shot_ = arm->shot;
    if (context.trial() < context.search_trials()) {
      arm_ = arm;
      arm_->tries.fetch_add(1, std::memory_order_relaxed);
    }
  }
  tool_ = find(shot_.plan);
  if (tool_ != nullptr && tool_ != placed_) {
    if (const std::string problem = place(tool_->plan); !problem.empty()) context.fail(problem);
    placed_ = tool_;
  }
  context.aimed(shot_, arm_);
  return shot_;
}

void Race::load(Context& context, int fd) {
  if (tool_ == nullptr || !tool_->herd) return;
  if (!tool_->herd.attach(fd)) context.fail(std::string("epoll_ctl: ") + std::strerror(errno));
  loaded_ = fd;
}

void Race::unload() {
  if (loaded_ >= 0) tool_->herd.detach(loaded_);
  loaded_ = -1;
}

/// Aims the interrupt and returns the time now. Arming takes the kernel a few us; if it took much
/// longer, this CPU was taken away meanwhile and the aim is stale: once more.
Nanos Race::arm() const {
  constexpr int kAttempts = 10;
  Nanos now = now_ns();
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const Nanos from = now;
    tool_->hold.arm(from + shot_.delay_ns);
    now = now_ns();
    if (now - from < kLongArming) break;
  }
  return now;
}

void Race::near() {
  if (arm_ != nullptr) arm_->near.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace hangrate::kit
