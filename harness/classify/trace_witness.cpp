// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/classify/trace_witness.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "harness/classify/event_text.h"
#include "harness/classify/task_history.h"

namespace hangrate {

namespace {

double us(Nanos span) {
  return static_cast<double>(span) / 1000.0;
}

TraceWitness lost_some(const Trace& trace) {
  return {WitnessState::Silent,
          fmt::format("the trace lost {} event{}, so it cannot show that nobody woke the victim",
                      trace.lost, trace.lost == 1 ? "" : "s")};
}

/// Without the switches nothing tells who sleeps, without the wake-ups not that there was none.
std::optional<TraceWitness> blind(const Trace& trace) {
  for (const char* hook : {"sched_switch", "sched_waking"}) {
    const auto why = absence_of(trace, hook);
    if (!why) continue;
    return TraceWitness{
        WitnessState::Silent,
        fmt::format("{} was not traced{}, so the trace cannot show that nobody woke the victim",
                    hook, why->empty() ? "" : " (" + *why + ")")};
  }
  return std::nullopt;
}

/// Of a task that has slept in the window.
TraceWitness ask_of_sleep(const Trace& trace, const TaskNames& names, const SleepSpan& last,
                          const std::string& who, Nanos until) {
  const TraceEvent& slept = trace.events[last.event];
  const auto after = [&](std::size_t event) { return us(trace.events[event].when - slept.when); };
  if (last.wake) {
    return {WitnessState::Contradicts,
            fmt::format("in the trace {} is woken by {} {:.3f} us after it last went to sleep", who,
                        names.of(trace.events[*last.wake].tid), after(*last.wake))};
  }
  if (last.end) {
    return {WitnessState::Contradicts,
            fmt::format("in the trace {} is on a CPU {:.3f} us after it last went to sleep", who,
                        after(*last.end))};
  }
  if (last.state == '?' || last.state == '\0') {
    return {WitnessState::Silent,
            fmt::format("the trace does not show in which state {} was switched out", who)};
  }
  if (!sleep_state(last.state)) {
    return {WitnessState::Contradicts,
            fmt::format("in the trace {} is in state {}, which is not a sleep", who, last.state)};
  }
  const std::string where =
      last.call == TracedCall::None ? "" : std::string(" in ") + traced_call_name(last.call);
  return {WitnessState::Confirms,
          fmt::format("in the trace {} is asleep{} for the last {:.3f} us, and nobody wakes it",
                      who, where, us(std::max<Nanos>(until - slept.when, 0)))};
}

/// Asks one reading of the trace about any number of tasks.
class Witness {
 public:
  Witness(const Trace& trace, Nanos until)
      : trace_(trace), history_(read_history(trace, until)), names_(trace), until_(until) {}

  bool knows(int tid) const { return has_events(history_, tid); }

  TraceWitness ask(int tid) const {
    if (trace_.lost > 0) return lost_some(trace_);
    if (const auto silent = blind(trace_)) return *silent;
    const std::string who = names_.of(tid);
    if (!knows(tid)) {
      return {WitnessState::Silent, fmt::format("the trace has no event of {}", who)};
    }
    const TaskHistory& task = *history_.of(tid);
    if (task.sleeps.empty()) {
      return {WitnessState::Contradicts, fmt::format("in the trace {} runs and never sleeps", who)};
    }
    return ask_of_sleep(trace_, names_, task.sleeps.back(), who, until_);
  }

 private:
  const Trace& trace_;
  TraceHistory history_;
  TaskNames names_;
  Nanos until_;
};

}  // namespace

const SampleSet* last_samples(const Observation& observation) {
  if (observation.rounds.empty()) return nullptr;
  const Round& last = observation.rounds.back();
  return last.after.tasks.empty() ? &last.before : &last.after;
}

Nanos believed_until(const Observation& observation) {
  if (!observation.trace) return 0;
  Nanos until = observation.trace->until;
  for (const Climb& climb : observation.climbs) {
    if (climb.when > 0) until = std::min(until, climb.when);
  }
  return until;
}

std::vector<int> victim_tids(const Observation& observation) {
  std::vector<int> tids;
  const SampleSet* samples = last_samples(observation);
  if (samples == nullptr) return tids;
  for (const TaskSample& task : samples->tasks) {
    if (task.victim && alive(task)) tids.push_back(task.tid != 0 ? task.tid : task.pid);
  }
  return tids;
}

bool has_events(const TraceHistory& history, int tid) {
  const TaskHistory* task = history.of(tid);
  return task != nullptr && (!task->sleeps.empty() || task->ran);
}

std::string nothing_of(const Observation& observation, int tid) {
  if (const SampleSet* samples = last_samples(observation)) {
    for (const TaskSample& task : samples->tasks) {
      if ((task.tid != 0 ? task.tid : task.pid) != tid || task.role.empty()) continue;
      return fmt::format("the trace has no event of {} ({})", task.role, tid);
    }
  }
  return fmt::format("the trace has no event of task {}", tid);
}

TraceWitness trace_witness(const Trace& trace, int tid, Nanos until) {
  return Witness(trace, until).ask(tid);
}

TraceWitness trace_witness(const Observation& observation) {
  if (!observation.trace) return {};
  const Trace& trace = *observation.trace;
  if (trace.lost > 0) return lost_some(trace);
  const std::vector<int> victims = victim_tids(observation);
  if (victims.empty()) return {WitnessState::Silent, "no victim is known to look for in the trace"};
  const Witness witness(trace, believed_until(observation));
  TraceWitness all{WitnessState::Confirms, ""};
  for (const int tid : victims) {
    TraceWitness one = witness.ask(tid);
    if (one.state == WitnessState::Contradicts) return one;
    if (one.state == WitnessState::Silent && all.state == WitnessState::Confirms) {
      if (!witness.knows(tid)) one.text = nothing_of(observation, tid);
      all = one;
    } else if (all.state == WitnessState::Confirms) {
      all.text += (all.text.empty() ? "" : "; ") + one.text;
    }
  }
  return all;
}

}  // namespace hangrate
