// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/judge/assess.h"

#include <algorithm>

namespace hangrate {

namespace {

constexpr std::string_view kAsleep = "SDI";
constexpr std::string_view kHalted = "Tt";
constexpr std::string_view kDead = "ZXx";

bool contains(std::string_view letters, char letter) {
  return letters.find(letter) != std::string_view::npos;
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool alive(const TaskSample& task) {
  return !task.gone && !contains(kDead, task.state);
}

std::vector<const TaskSample*> live_victims(const SampleSet& set) {
  std::vector<const TaskSample*> victims;
  for (const TaskSample& task : set.tasks) {
    if (task.victim && alive(task)) victims.push_back(&task);
  }
  return victims;
}

/// Compares what both looks know; what one of them could not read says nothing.
bool same_place(const TaskSample& a, const TaskSample& b) {
  const auto differ = [](const std::string& x, const std::string& y) {
    return !x.empty() && !y.empty() && x != y;
  };
  if (differ(a.wchan, b.wchan) || differ(a.syscall, b.syscall)) return false;
  return a.stack.empty() || b.stack.empty() || a.stack == b.stack;
}

/// Stopped by a signal or tracer, or held by a cgroup freezer: a frozen task shows S (v2,
/// do_freezer_trap() in kernel/signal.c) or D (v1, __refrigerator() in kernel/freezer.c).
bool halted(const TaskSample& task) {
  const auto freezer = [](const std::string& name) {
    return name == "do_freezer_trap" || name == "__refrigerator";
  };
  return contains(kHalted, task.state) || freezer(task.wchan) ||
         std::any_of(task.stack.begin(), task.stack.end(), freezer);
}

Motion motion_of(const TaskSample& before, const TaskSample& after) {
  if (halted(before) || halted(after)) return Motion::Halted;
  if (before.state == '?' || after.state == '?') return Motion::Unknown;
  if (!contains(kAsleep, before.state) || !contains(kAsleep, after.state)) return Motion::Moving;
  if (!same_place(before, after)) return Motion::Moving;
  if (!before.switches || !after.switches) return Motion::Unknown;
  return *before.switches == *after.switches ? Motion::Motionless : Motion::Moving;
}

enum class Fit { Yes, No, Unknown };

Fit fit_of(const TaskSample& task, const Signature& signature) {
  if (!contains(signature.states, task.state)) return Fit::No;
  if (signature.exiting && (task.flags & kFlagExiting) == 0) return Fit::No;
  const bool syscall_known = !task.syscall_name.empty();
  if (!signature.syscalls.empty() && syscall_known &&
      !contains(signature.syscalls, task.syscall_name)) {
    return Fit::No;
  }
  if (!signature.frames.empty() && !task.stack.empty()) {
    for (const auto& group : signature.frames) {
      const bool present = std::any_of(task.stack.begin(), task.stack.end(),
                                       [&](const auto& frame) { return contains(group, frame); });
      if (!present) return Fit::No;
    }
    return Fit::Yes;
  }
  if (!signature.wchans.empty() && !task.wchan.empty()) {
    return contains(signature.wchans, task.wchan) ? Fit::Yes : Fit::No;
  }
  // Only the number of the system call is left: weaker, but it is a statement of the kernel.
  return !signature.syscalls.empty() && syscall_known ? Fit::Yes : Fit::Unknown;
}

bool contradicts(const FdWitness& witness) {
  return witness.wanted != 0 && (witness.revents & witness.wanted) == 0;
}

std::string facts_of(const FdWitness& witness) {
  std::string text = "the supervisor's own poll of fd " + std::to_string(witness.fd) + " of the " +
                     witness.role +
                     (contradicts(witness) ? " finds it not ready" : " finds it ready");
  if (witness.queued && witness.capacity) {
    text += " (" + std::to_string(*witness.queued) + " of " + std::to_string(*witness.capacity) +
            " bytes queued)";
  }
  return text;
}

void add_hints(const SampleSet& set, Finding& finding) {
  for (const TaskSample& task : set.tasks) {
    if (!task.victim || !alive(task)) continue;
    for (const Absence& absence : task.absent) {
      const std::string hint = absence.source + " of the " + task.role + ": " + absence.reason;
      if (!contains(finding.hints, hint)) finding.hints.push_back(hint);
    }
  }
  for (const Absence& absence : set.absent) {
    finding.hints.push_back(absence.source + ": " + absence.reason);
  }
}

}  // namespace

Motion motion_between(const SampleSet& before, const SampleSet& after) {
  const auto then = live_victims(before);
  const auto now = live_victims(after);
  if (after.tasks.empty()) return Motion::Unknown;
  if (now.empty()) return Motion::Gone;
  if (then.size() != now.size()) return Motion::Moving;
  Motion all = Motion::Motionless;
  for (const TaskSample* task : now) {
    const auto twin = std::find_if(then.begin(), then.end(), [&](const TaskSample* other) {
      return other->pid == task->pid && other->tid == task->tid;
    });
    const Motion one = twin == then.end() ? Motion::Moving : motion_of(**twin, *task);
    if (one == Motion::Moving) return Motion::Moving;
    if (one == Motion::Halted || (one == Motion::Unknown && all == Motion::Motionless)) all = one;
  }
  return all;
}

bool still_there(const SampleSet& proof, const SampleSet& now) {
  const auto left = live_victims(now);
  return !left.empty() && std::all_of(left.begin(), left.end(), [&](const TaskSample* task) {
    return std::any_of(proof.tasks.begin(), proof.tasks.end(), [&](const TaskSample& then) {
      return then.pid == task->pid && then.tid == task->tid && same_place(then, *task) &&
             contains(kAsleep, task->state);
    });
  });
}

SignatureMatch match_signatures(const SampleSet& samples, const Variant& variant,
                                std::vector<std::string>* because) {
  if (variant.signatures.empty()) return SignatureMatch::Other;
  bool unknown = false;
  for (const Signature& signature : variant.signatures) {
    int tasks = 0;
    int fits = 0;
    int blind = 0;
    for (const TaskSample* task : live_victims(samples)) {
      if (task->role != signature.role) continue;
      ++tasks;
      const Fit fit = fit_of(*task, signature);
      fits += fit == Fit::Yes ? 1 : 0;
      blind += fit == Fit::Unknown ? 1 : 0;
    }
    const bool enough = signature.every_thread ? fits == tasks && tasks > 0 : fits > 0;
    if (enough) continue;
    if (blind > 0) {
      unknown = true;
    } else {
      if (because != nullptr) {
        because->push_back("no " + signature.role + " sleeps the way this bug makes it sleep");
      }
      return SignatureMatch::Other;
    }
  }
  if (unknown) return SignatureMatch::NotApplicable;
  if (because != nullptr) because->push_back("asleep exactly where this bug makes it sleep");
  return SignatureMatch::Match;
}

Finding assess(const Round& round, const Variant& variant) {
  Finding finding;
  finding.motion = motion_between(round.before, round.after);
  finding.invariant = round.invariant.state;
  for (const TaskSample* task : live_victims(round.after)) {
    finding.because.push_back(describe_task(*task));
    finding.place_known = finding.place_known || !task->stack.empty() || !task->wchan.empty() ||
                          !task->syscall_name.empty();
  }
  add_hints(round.after, finding);
  if (finding.motion != Motion::Motionless) return finding;

  const Nanos span = round.after.when - round.before.when;
  finding.because.push_back("no context switch in " + std::to_string(span / kMicro) + " us");
  finding.signature = match_signatures(round.after, variant, &finding.because);

  const bool bracketed = round.invariant.when >= round.before.when &&
                         round.invariant.when <= round.after.when + round.after.took;
  if (!round.invariant.text.empty()) finding.because.push_back(round.invariant.text);
  if (finding.invariant == InvariantState::Broken && !bracketed) {
    finding.invariant = InvariantState::Unknown;
    finding.hints.push_back("the invariant was not evaluated between the two looks");
  }
  for (const FdWitness& witness : round.after.fds) {
    finding.because.push_back(facts_of(witness));
    if (contradicts(witness) && finding.invariant == InvariantState::Broken) {
      finding.invariant = InvariantState::Unknown;
      finding.hints.push_back("reproducer and supervisor disagree about fd " +
                              std::to_string(witness.fd));
    }
  }
  finding.hit =
      finding.invariant == InvariantState::Broken && finding.signature == SignatureMatch::Match;
  return finding;
}

std::string describe_task(const TaskSample& task) {
  std::string text = task.role + " (" + std::to_string(task.tid != 0 ? task.tid : task.pid) +
                     "): state " + std::string(1, task.state);
  if ((task.flags & kFlagExiting) != 0) {
    text += ", exiting";
  } else if (!task.syscall_name.empty()) {
    text += " in " + task.syscall_name + "()";
  }
  if (!task.stack.empty()) {
    constexpr std::size_t kShown = 8;
    text += ", stack ";
    for (std::size_t i = 0; i < std::min(task.stack.size(), kShown); ++i) {
      text += (i == 0 ? "" : " < ") + task.stack[i];
    }
    if (task.stack.size() > kShown) text += " < ...";
  } else if (!task.wchan.empty()) {
    text += ", waits in " + task.wchan;
  }
  return text;
}

}  // namespace hangrate
