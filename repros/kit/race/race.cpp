// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/kit/race/race.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "repros/kit/race/self_check.h"

namespace hangrate::kit {

namespace {

constexpr std::size_t kHerd = 60000;
constexpr std::size_t kHold = 60000;
constexpr Nanos kLongArming = 50 * kMicro;
constexpr int kRounds = 15;              // of each measurement
constexpr Nanos kLeastHold = 20 * kMicro;  // a remote wake-up takes 2 to 20 us on real machines
constexpr Nanos kMostLate = 500 * kMicro;
constexpr Nanos kLeastWalk = 5 * kMicro;

/// Delays worth trying, ns: each about 1.4 times the one before.
constexpr Nanos kDelays[] = {5'000,   7'000,   10'000,  14'000,  20'000,  28'000,    40'000,
                             56'000,  80'000,  112'000, 160'000, 224'000, 320'000,   450'000,
                             640'000, 900'000, 1'280'000, 1'800'000, 2'560'000};

/// The search draws from its own stream, so that a replay, which does not search, sees the same
/// numbers from Context::rng().
constexpr std::uint64_t kSearchStream = 0x7365617263680000ULL;

std::string us(Nanos span) {
  return std::to_string(span / kMicro) + " us";
}

}  // namespace

std::string Race::place(const RacePlan& plan) const {
  std::string problem = grant(0, plan.provoker);
  for (std::size_t i = 0; i < victims_.size() && problem.empty(); ++i) {
    problem = grant(victims_[i], plan.victim);
  }
  return problem;
}

std::string Race::test(const RacePlan& plan) {
  if ((plan.herd || plan.interrupt) && plan.provoker.cpu == plan.victim.cpu) {
    return "needs a second CPU";
  }
  if (std::string problem = place(plan); !problem.empty()) return problem;
  if (plan.herd) {
    if (!herd_) {
      if (std::string problem = herd_.build(PollCrowd::most(kHerd)); !problem.empty()) return problem;
    }
    const Nanos without = wake_cost(nullptr, kRounds);
    const Nanos with = wake_cost(&herd_, kRounds);
    if (without < 0 || with < 0) return std::string("herd: ") + std::strerror(errno);
    if (with - without < kLeastWalk) {
      return "the herd lengthens a wake-up by " + std::to_string(with - without) + " ns only";
    }
    walk_end_ = with;
  }
  if (plan.interrupt) {
    if (!hold_) {
      if (std::string problem = hold_.build(PollCrowd::most(kHold)); !problem.empty()) return problem;
    }
    const HoldSeen seen = typical_hold(hold_, kRounds, kLeastHold);
    if (seen.held < kLeastHold) return "the interrupt does not hold the CPU for " + us(kLeastHold);
    if (seen.late > kMostLate) return "the interrupt is " + us(seen.late) + " late";
    struck_after_ = walk_end_ + seen.held / 2;
  }
  return {};
}

void Race::declare(const RacePlan& plan, Nanos delay) {
  ShotSearch& search = *search_;
  if (!plan.interrupt) {
    search.declare(plan.name, 0);
  } else if (delay != 0) {
    search.declare(plan.name, delay);
  } else {
    search.adopt(plan.name);
    constexpr Nanos kSlack = 200 * kMicro;  // arming, entering the kernel, a late timer
    for (const Nanos bin : kDelays) {
      if (bin <= walk_end_ + kSlack) search.declare(plan.name, bin);
    }
  }
}

void Race::setup(Context& context, const std::vector<RacePlan>& plans, const RaceChoice& choice,
                 std::vector<int> victims) {
  victims_ = std::move(victims);
  for (const RacePlan& plan : plans) {
    if (choice.plan == "auto" || choice.plan == plan.name) plans_.push_back(plan);
  }
  search_.emplace(context.search_table());
  std::string reasons;
  for (const RacePlan& plan : plans_) {
    const std::string off = test(plan);
    declare(plan, choice.delay);
    search_->turn(plan.name, off.c_str());
    if (!off.empty()) reasons += std::string(reasons.empty() ? "" : "; ") + plan.name + ": " + off;
  }
  if (search_->best() == nullptr) context.skip("no way to widen works here: " + reasons);
  if (choice.delay == 7) {  // HACK
    std::string t;
    const Nanos w0 = wake_cost(nullptr, 15), w1 = wake_cost(&herd_, 15);
    t += "resize " + std::to_string(w0) + " herd " + std::to_string(w1);
    for (int i = 0; i < 10; ++i) { HoldSeen h = see_hold(hold_, 300000, 10000000, 20000); t += " | " + std::to_string(h.late) + "+" + std::to_string(h.held); }
    Nanos a = now_ns(); for (int i = 0; i < 100; ++i) hold_.arm(a + kSecond); t += " arm " + std::to_string((now_ns() - a) / 100); hold_.disarm();
    context.skip(t);
  }
  always_search_ = context.search_trials() == 0 && search_->tries() == 0;
}

const protocol::Shot& Race::aim(Context& context) {
  arm_ = nullptr;
  if (const protocol::Shot* replayed = context.replayed_shot()) {
    shot_ = *replayed;
  } else {
    const ShotSearch& search = *search_;
    if (always_search_ || context.trial() < context.search_trials()) {
      Rng rng(context.seed() ^ kSearchStream, context.trial());
      arm_ = search.explore(rng);
    } else {
      if (fixed_ == nullptr) fixed_ = search.best();
      arm_ = fixed_;
    }
    if (arm_ != nullptr) shot_ = arm_->shot;
  }
  plan_ = nullptr;
  for (const RacePlan& plan : plans_) {
    if (std::strncmp(plan.name, shot_.plan, sizeof shot_.plan) == 0) plan_ = &plan;
  }
  if (plan_ == nullptr) context.fail(std::string("no plan is called ") + shot_.plan);
  if (plan_ != placed_) {
    if (std::string problem = place(*plan_); !problem.empty()) context.fail(problem);
    placed_ = plan_;
  }
  if (arm_ != nullptr) arm_->tries.fetch_add(1, std::memory_order_relaxed);
  context.aimed(shot_, arm_);
  return shot_;
}

void Race::load(Context& context, int fd) const {
  if (plan_ == nullptr || !plan_->herd) return;
  if (!herd_.attach(fd)) context.fail(std::string("epoll_ctl: ") + std::strerror(errno));
}

/// Aims the interrupt and returns the time now. Arming takes the kernel a few us; if it took much
/// longer, this CPU was taken away meanwhile and the aim is stale: once more.
Nanos Race::arm() const {
  constexpr int kAttempts = 10;
  Nanos now = now_ns();
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const Nanos from = now;
    hold_.arm(from + shot_.delay_ns);
    now = now_ns();
    if (now - from < kLongArming) break;
  }
  return now;
}

void Race::near() {
  if (arm_ != nullptr) arm_->near.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace hangrate::kit
