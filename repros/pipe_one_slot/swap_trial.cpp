// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/pipe_one_slot/swap_trial.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <poll.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "repros/pipe_one_slot/scene.h"

namespace hangrate::pipe_one_slot {

namespace {

constexpr char kWriter = 'w';
constexpr char kPartner = 'p';
constexpr Nanos kStagger = 100 * kMicro;  // widen=none: the partner starts up to this much later

struct Leave {
  const char* plan;
  Nanos delay;  ///< of the partner, ns after the meeting
};

/// The writer needs about 1 us from the meeting to its sleep.
constexpr std::array<Leave, 6> kLeaves = {{{"rendezvous-0", 0},
                                           {"rendezvous-1us", 1 * kMicro},
                                           {"rendezvous-2us", 2 * kMicro},
                                           {"rendezvous-5us", 5 * kMicro},
                                           {"rendezvous-20us", 20 * kMicro},
                                           {"rendezvous-100us", 100 * kMicro}}};

const Leave* find_leave(const std::string& plan) {
  for (const Leave& leave : kLeaves) {
    if (plan == leave.plan) return &leave;
  }
  return nullptr;
}

int own_tid() {
  return static_cast<int>(::syscall(SYS_gettid));
}

}  // namespace

SwapTrial::SwapTrial(int slots, const kit::Settings& settings)
    : slots_(slots),
      widen_(settings.text("widen")),
      split_(settings.text("cpu") == "split"),
      meeting_(2, kit::allowed_cpus().size() < 2) {
  const std::vector<int> cpus = kit::allowed_cpus();
  const std::size_t lane = settings.lane();
  first_cpu_ = cpus[2 * lane % cpus.size()];
  second_cpu_ = cpus[(2 * lane + 1) % cpus.size()];
}

std::vector<kit::RacePlan> SwapTrial::plans() const {
  const kit::Placement here{.cpu = first_cpu_};
  const kit::Placement first{.cpu = first_cpu_, .policy = SCHED_FIFO};
  const kit::Placement there{.cpu = second_cpu_};
  std::vector<kit::RacePlan> plans;
  plans.reserve(kLeaves.size() + 2);
  for (const Leave& leave : kLeaves) {
    plans.push_back({.name = leave.plan, .provoker = here, .victim = there});
  }
  plans.push_back({.name = "asleep", .provoker = here, .victim = there});
  // The writer, woken on the partner's CPU, cannot run before the partner sleeps.
  plans.push_back({.name = "one-cpu", .provoker = first, .victim = here});
  return plans;
}

void SwapTrial::setup(kit::Context& context) {
  std::string problem = writer_.start("slot-writer");
  if (problem.empty() && !widened() && split_) {
    problem = kit::place_self({.cpu = first_cpu_});
    if (problem.empty()) problem = kit::place_task(writer_.tid(), {.cpu = second_cpu_});
  }
  if (!problem.empty()) context.fail(problem);
  if (widened()) race_.setup(context, plans(), {.plan = widen_}, {writer_.tid()});
}

kit::TrialOutcome SwapTrial::trial(kit::Context& context) {
  swapped_ = parked_ = false;
  const std::string plan = widened() ? race_.aim(context).plan : "";
  context.phase("open");
  std::string problem = pipe_.open(slots_);
  if (problem.empty()) problem = pipe_.put_token_at_page_end(kPartner);
  if (!problem.empty()) context.fail(problem);
  context.phase("start the writer");
  if (!approach(context, plan)) {
    context.note("the writer did not come to its write within 5 s");
    return kit::TrialOutcome::Inconclusive;
  }
  context.phase("swap");
  race_.fire([&] { swap(context); });
  context.await(*this);
  const kit::TrialOutcome outcome = check(context);
  pipe_.close();
  return outcome;
}

bool SwapTrial::approach(kit::Context& context, const std::string& plan) {
  Errand errand{.write_fd = pipe_.write_end(), .token = kWriter};
  if (const Leave* leave = find_leave(plan)) {
    errand.meeting = &meeting_;
    writer_.post(errand);
    if (meeting_.meet(leave->delay) == kit::Rendezvous::kNobody) {
      context.fail("the writer did not come to the meeting");  // which is of no use any more
    }
    return true;
  }
  writer_.post(errand);
  if (plan.empty()) {
    const Nanos start = now_ns() + static_cast<Nanos>(context.rng().below(kStagger));
    while (now_ns() < start) continue;
    return true;
  }
  return context.until([this] { return writer_.asleep_in_write() || writer_.finished(); });
}

void SwapTrial::swap(kit::Context& context) {
  char token = 0;
  const bool taken = pipe_.take(token);
  if (!taken || !pipe_.give(token)) context.fail(std::string("swap: ") + std::strerror(errno));
  swapped_ = true;
}

std::vector<kit::PartyInfo> SwapTrial::parties() {
  parked_ = true;
  const int pid = ::getpid();
  // The supervisor can see for itself that a token is there which nobody takes.
  return {{"writer", pid, writer_.tid(), true, pipe_.read_end(), POLLIN},
          {"partner", pid, own_tid(), false, -1, 0}};
}

kit::Invariant SwapTrial::invariant() {
  // The partner's read has woken the writer before swapped_ was set: asleep means asleep again.
  Scene scene;
  scene.running = swapped_ ? 0 : 1;
  if (writer_.asleep_in_write()) {
    ++scene.asleep;
  } else if (!writer_.finished()) {
    ++scene.running;
  }
  scene.pipe = pipe_.look();
  return judge(scene);
}

bool SwapTrial::pull_lever() {
  char token = 0;
  return pipe_.take(token);
}

kit::TrialOutcome SwapTrial::check(kit::Context& context) {
  if (writer_.error() != 0) {
    context.note(std::string("write: ") + std::strerror(writer_.error()));
    return kit::TrialOutcome::Anomaly;
  }
  if (parked_) return kit::TrialOutcome::Clean;  // the lever took a token
  std::string order;
  for (char token = 0; pipe_.take(token);) order += token;
  if (order.size() != 2) {
    context.note("2 tokens were given, found: \"" + order + "\"");
    return kit::TrialOutcome::Anomaly;
  }
  // The writer took the slot between the partner's read and write: it was in the window and won.
  if (widened() && order[0] == kWriter) race_.near();
  return kit::TrialOutcome::Clean;
}

}  // namespace hangrate::pipe_one_slot
