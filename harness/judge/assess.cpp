// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/judge/assess.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "harness/base/text.h"
#include "harness/judge/own_deadline.h"

namespace hangrate {

namespace {

constexpr std::string_view kHalted = "Tt";

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

/// A number that was given to another task, or a /proc that is not ours: there our numbers are
/// those of strangers, often of kernel threads.
bool foreign(const TaskSample& before, const TaskSample& after) {
  if (((before.flags | after.flags) & kFlagKthread) != 0) return true;
  return before.started && after.started && *before.started != *after.started;
}

Motion motion_of(const TaskSample& before, const TaskSample& after) {
  if (foreign(before, after)) return Motion::Foreign;
  if (halted(before) || halted(after)) return Motion::Halted;
  if (before.state == '?' || after.state == '?') return Motion::Unknown;
  if (!asleep(before.state) || !asleep(after.state)) return Motion::Moving;
  if (!same_place(before, after)) return Motion::Moving;
  if (!before.switches || !after.switches) return Motion::Unknown;
  return *before.switches == *after.switches ? Motion::Motionless : Motion::Moving;
}

bool names_no_place(const Signature& signature) {
  return signature.syscalls.empty() && signature.frames.empty() && signature.wchans.empty();
}

bool contradicts(const FdWitness& witness) {
  return witness.wanted != 0 && (witness.revents & witness.wanted) == 0;
}

Reason facts_of(const FdWitness& witness) {
  const auto text = [](const std::optional<int>& number) {
    return number ? std::to_string(*number) : std::string();
  };
  return {contradicts(witness) ? ReasonCode::PollNotReady : ReasonCode::PollReady,
          {std::to_string(witness.fd), witness.role, text(witness.queued), text(witness.capacity)}};
}

Reason facts_of(const TaskSample& task) {
  std::string call = task.syscall_name;
  if ((task.flags & kFlagExiting) != 0) call = "exiting";
  std::string place;
  constexpr std::size_t kShown = 8;
  for (std::size_t i = 0; i < std::min(task.stack.size(), kShown); ++i) {
    place += (i == 0 ? "" : " < ") + task.stack[i];
  }
  if (task.stack.size() > kShown) place += " < ...";
  const bool stack = !place.empty();
  return {
      ReasonCode::Task,
      {task.role, std::to_string(task.tid != 0 ? task.tid : task.pid), std::string(1, task.state),
       call, stack ? place : task.wchan, stack ? "stack" : "wchan"}};
}

void add(std::vector<Reason>& reasons, Reason reason) {
  if (std::find(reasons.begin(), reasons.end(), reason) == reasons.end()) {
    reasons.push_back(std::move(reason));
  }
}

void add_hints(const SampleSet& set, Finding& finding) {
  for (const TaskSample& task : set.tasks) {
    if (!task.victim || !alive(task)) continue;
    for (const Absence& absence : task.absent) {
      add(finding.hints, {ReasonCode::Absent, {absence.source, task.role, absence.reason}});
    }
  }
  for (const Absence& absence : set.absent) {
    add(finding.hints, {ReasonCode::Absent, {absence.source, "", absence.reason}});
  }
}

void add_deadlines(const SampleSet& set, Finding& finding) {
  for (const TaskSample* task : live_victims(set)) {
    const auto call = own_deadline(*task);
    if (!call) continue;
    finding.own_deadline = true;
    finding.because.push_back({ReasonCode::OwnDeadline, {task->role, *call}});
  }
}

/// The invariant as far as it may be believed: evaluated between the two looks, and not against the
/// supervisor's own.
InvariantState believed(const Round& round, Finding& finding) {
  InvariantState state = round.invariant.state;
  const bool bracketed = round.invariant.when >= round.before.when &&
                         round.invariant.when <= round.after.when + round.after.took;
  if (!round.invariant.text.empty()) {
    finding.because.push_back({ReasonCode::Invariant, {round.invariant.text}});
  }
  if (state == InvariantState::Broken && !bracketed) {
    state = InvariantState::Unknown;
    finding.hints.push_back({ReasonCode::InvariantOutside, {}});
  }
  for (const FdWitness& witness : round.after.fds) {
    finding.because.push_back(facts_of(witness));
    if (contradicts(witness) && state == InvariantState::Broken) {
      state = InvariantState::Unknown;
      finding.hints.push_back({ReasonCode::Disagree, {std::to_string(witness.fd)}});
    }
  }
  return state;
}

}  // namespace

Fit fit_of(const TaskSample& task, const Signature& signature) {
  if (!contains(signature.states, task.state)) return Fit::No;
  if (signature.exiting && (task.flags & kFlagExiting) == 0) return Fit::No;
  const bool syscall_known = !task.syscall_name.empty();
  if (!signature.syscalls.empty() && syscall_known &&
      !contains(signature.syscalls, task.syscall_name)) {
    return Fit::No;
  }
  if (names_no_place(signature)) return Fit::Yes;
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
    if (one == Motion::Moving || one == Motion::Foreign) return one;
    if (one == Motion::Halted || (one == Motion::Unknown && all == Motion::Motionless)) all = one;
  }
  return all;
}

bool still_there(const SampleSet& proof, const SampleSet& now) {
  const auto left = live_victims(now);
  return !left.empty() && std::all_of(left.begin(), left.end(), [&](const TaskSample* task) {
    return std::any_of(proof.tasks.begin(), proof.tasks.end(), [&](const TaskSample& then) {
      return then.pid == task->pid && then.tid == task->tid && same_place(then, *task) &&
             asleep(task->state);
    });
  });
}

SignatureMatch match_signatures(const SampleSet& samples, const std::vector<Signature>& signatures,
                                std::vector<Reason>* because) {
  if (signatures.empty()) return SignatureMatch::Other;
  bool unknown = false;
  for (const Signature& signature : signatures) {
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
    if (blind == 0) {
      if (because != nullptr) because->push_back({ReasonCode::NotAsDeclared, {signature.role}});
      return SignatureMatch::Other;
    }
    unknown = true;
  }
  if (unknown) return SignatureMatch::NotApplicable;
  if (because != nullptr) {
    const bool any = std::all_of(signatures.begin(), signatures.end(), names_no_place);
    because->push_back({any ? ReasonCode::AnyPlace : ReasonCode::AsDeclared, {}});
  }
  return SignatureMatch::Match;
}

Finding assess(const Round& round, const Variant& variant) {
  Finding finding;
  finding.motion = motion_between(round.before, round.after);
  finding.invariant = round.invariant.state;
  for (const TaskSample* task : live_victims(round.after)) {
    finding.because.push_back(facts_of(*task));
    finding.place_known = finding.place_known || !task->stack.empty() || !task->wchan.empty() ||
                          !task->syscall_name.empty();
  }
  add_hints(round.after, finding);
  if (finding.motion != Motion::Motionless) return finding;

  const Nanos span = round.after.when - round.before.when;
  finding.because.push_back({ReasonCode::NoSwitch, {std::to_string(span / kMicro)}});
  add_deadlines(round.after, finding);
  finding.signature = match_signatures(round.after, variant.signatures, &finding.because);
  finding.invariant = believed(round, finding);
  if (finding.invariant != InvariantState::Broken || finding.own_deadline) return finding;
  if (finding.signature == SignatureMatch::Match) finding.proof = Proof::Match;
  if (finding.signature == SignatureMatch::Other && finding.place_known) {
    finding.proof = Proof::Other;
  }
  return finding;
}

}  // namespace hangrate
