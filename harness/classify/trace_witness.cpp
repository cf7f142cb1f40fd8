// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/classify/trace_witness.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "harness/classify/event_text.h"
#include "harness/classify/sleeps.h"

namespace hangrate {

namespace {

double us(Nanos span) {
  return static_cast<double>(span) / 1000.0;
}

TraceWitness lost_some(const Trace& trace) {
  return {WitnessState::Silent,
          fmt::format("the trace lost {} event{}: it cannot say that nobody woke the victim",
                      trace.lost, trace.lost == 1 ? "" : "s")};
}

/// Of a task that has slept in the window.
TraceWitness judge_sleep(const Trace& trace, const SleepSpan& last, const std::string& who,
                         Nanos until) {
  const TraceEvent& slept = trace.events[last.event];
  const auto after = [&](std::size_t event) { return us(trace.events[event].when - slept.when); };
  if (last.wake) {
    const TaskNames names(trace);
    return {WitnessState::Contradicts,
            fmt::format("the trace has {} woken by {} {:.3f} us after it last went to sleep", who,
                        names.of(trace.events[*last.wake].tid), after(*last.wake))};
  }
  if (last.end) {
    return {WitnessState::Contradicts,
            fmt::format("the trace has {} on a CPU {:.3f} us after it last went to sleep", who,
                        after(*last.end))};
  }
  if (last.state == '?' || last.state == '\0') {
    return {WitnessState::Silent,
            fmt::format("the trace does not tell in which state {} gave up its CPU", who)};
  }
  if (!sleep_state(last.state)) {
    return {WitnessState::Contradicts,
            fmt::format("the trace has {} in state {}, which is no sleep", who, last.state)};
  }
  const std::string where =
      last.call == TracedCall::None ? "" : std::string(" in ") + traced_call_name(last.call);
  return {WitnessState::Confirms,
          fmt::format("the trace has {} asleep{} since {:.3f} us before its end, and no wake-up of "
                      "it since",
                      who, where, us(std::max<Nanos>(until - slept.when, 0)))};
}

}  // namespace

Nanos judged_until(const Observation& observation) {
  if (!observation.trace) return 0;
  Nanos until = observation.trace->until;
  for (const Rung& rung : observation.rungs) {
    if (rung.when > 0) until = std::min(until, rung.when);
  }
  return until;
}

std::vector<int> victim_tids(const Observation& observation) {
  std::vector<int> tids;
  if (observation.rounds.empty()) return tids;
  const Round& last = observation.rounds.back();
  const SampleSet& look = last.after.tasks.empty() ? last.before : last.after;
  for (const TaskSample& task : look.tasks) {
    const bool dead =
        task.gone || std::string_view("ZXx").find(task.state) != std::string_view::npos;
    if (task.victim && !dead) tids.push_back(task.tid != 0 ? task.tid : task.pid);
  }
  return tids;
}

TraceWitness trace_witness(const Trace& trace, int tid, Nanos until) {
  if (trace.lost > 0) return lost_some(trace);
  const TraceStory story = read_story(trace, until);
  const std::string who = TaskNames(trace).of(tid);
  const TaskStory* task = story.of(tid);
  if (task == nullptr || (task->sleeps.empty() && !task->ran)) {
    return {WitnessState::Silent, fmt::format("the trace has nothing of {}", who)};
  }
  if (task->sleeps.empty()) {
    return {WitnessState::Contradicts,
            fmt::format("the trace has {} on a CPU and no sleep of it", who)};
  }
  return judge_sleep(trace, task->sleeps.back(), who, until);
}

TraceWitness trace_witness(const Observation& observation) {
  if (!observation.trace) return {};
  const Trace& trace = *observation.trace;
  if (trace.lost > 0) return lost_some(trace);
  const std::vector<int> victims = victim_tids(observation);
  if (victims.empty()) return {WitnessState::Silent, "no victim to look for in the trace"};
  TraceWitness all{WitnessState::Confirms, ""};
  for (const int tid : victims) {
    const TraceWitness one = trace_witness(trace, tid, judged_until(observation));
    if (one.state == WitnessState::Contradicts) return one;
    if (one.state == WitnessState::Silent && all.state == WitnessState::Confirms) {
      all = one;
    } else if (all.state == WitnessState::Confirms) {
      all.text += (all.text.empty() ? "" : "; ") + one.text;
    }
  }
  return all;
}

}  // namespace hangrate
