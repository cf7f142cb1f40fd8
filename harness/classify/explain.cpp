// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/classify/explain.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "harness/classify/causes.h"
#include "harness/classify/trace_view.h"
#include "harness/classify/trace_witness.h"
#include "harness/classify/wait_chain.h"

namespace hangrate {

namespace {

constexpr std::size_t kMostLines = 40;

using Events = std::set<std::size_t>;

void cite(const std::vector<Statement>& statements, Events& events) {
  for (const Statement& statement : statements) {
    events.insert(statement.events.begin(), statement.events.end());
  }
}

/// The last sleep of a victim before the present one: the wake-up that ended it, and its way back.
void add_last_turn(const TaskHistory& task, Events& events) {
  for (const OpenCall& open : task.open) events.insert(open.event);
  const std::size_t count = task.sleeps.size();
  for (std::size_t i = count > 1 ? count - 2 : 0; i < count; ++i) {
    const SleepSpan& span = task.sleeps[i];
    events.insert(span.event);
    if (span.wake) events.insert(*span.wake);
    if (span.end) events.insert(*span.end);
  }
  if (task.exit) events.insert(*task.exit);
}

bool on_pipe(const TraceEvent& event, std::uint64_t pipe) {
  const bool call = event.kind == TraceKind::Call || event.kind == TraceKind::Return;
  return call && pipe != 0 && event.object == pipe;
}

/// What touched a victim or its pipe from outside.
void add_neighbours(const TraceView& view, const TaskHistory& task, Events& events) {
  const std::uint64_t pipe = task.sleeps.back().object;
  const std::size_t since = task.open.empty() ? task.sleeps.back().event : task.open.front().event;
  for (std::size_t i = 0; i < view.history.end; ++i) {
    const TraceEvent& event = view.event(i);
    const bool resize = row_of(event.call).changes_ring;
    const bool release = event.call == TracedCall::PipeRelease;
    const bool meant = view.group_of(event.other) == task.pid && task.pid != 0;
    if (on_pipe(event, pipe) && (resize || release)) events.insert(i);
    if (event.kind == TraceKind::Signal && meant) events.insert(i);
    if (event.kind == TraceKind::FuseAbort) events.insert(i);
  }
  const std::vector<std::size_t> reads = view.reads_of(pipe, since);
  if (!reads.empty()) events.insert({reads.front(), reads.back()});
}

std::vector<TimelineLine> lines_of(const TraceView& view, const Events& events,
                                   std::size_t& left_out) {
  std::vector<std::size_t> shown(events.begin(), events.end());
  if (shown.size() > kMostLines) {
    left_out = shown.size() - kMostLines;
    shown.erase(shown.begin(), shown.begin() + static_cast<std::ptrdiff_t>(left_out));
  }
  std::vector<TimelineLine> lines;
  for (const std::size_t i : shown) {
    const TraceEvent& event = view.event(i);
    lines.push_back({.event = i,
                     .at = event.when - view.event(shown.front()).when,
                     .cpu = event.cpu,
                     .who = view.names.of(event.tid),
                     .text = describe_event(event, view.names)});
  }
  return lines;
}

/// A cause that explains two victims is told once.
void add_cause(std::optional<Cause> cause, std::vector<Cause>& causes) {
  if (cause && std::find(causes.begin(), causes.end(), *cause) == causes.end()) {
    causes.push_back(std::move(*cause));
  }
}

constexpr std::string_view kRingWrapped = "the ring of CPU";  // not a hook: bpf/trace_maker.cpp

std::vector<std::string> limits_of(const Trace& trace) {
  std::vector<std::string> notes;
  if (trace.lost > 0) {
    notes.push_back(fmt::format(
        "{} event{} lost in the window: no cause is stated, because the deciding event may be "
        "among them, and a task that seems to sleep may have run since",
        trace.lost, trace.lost == 1 ? " was" : "s were"));
  }
  if (trace.skipped > 0) {
    notes.push_back(
        fmt::format("the kernel skipped {} run{} of the recorder's programs since the trials of "
                    "this lease began: a call without return may have returned unseen",
                    trace.skipped, trace.skipped == 1 ? "" : "s"));
  }
  std::vector<std::string> hooks;  // why each is missing: hangrate doctor
  std::vector<std::string> rings;
  for (const std::string& absent : trace.absent) {
    if (absent.starts_with(kRingWrapped)) {
      rings.push_back(absent);
    } else {
      hooks.push_back(absent.substr(0, absent.find(':')));
    }
  }
  if (!hooks.empty()) {
    notes.push_back(fmt::format("not traced on this kernel: {}", fmt::join(hooks, ", ")));
  }
  if (!rings.empty()) {
    notes.push_back(fmt::format("the recorder's memory was too small: {}", fmt::join(rings, ", ")));
  }
  return notes;
}

/// A sentence for each victim that the trace has no event of.
std::vector<std::string> unknown_victims(const Observation& observation,
                                         const TraceHistory& history) {
  std::vector<std::string> texts;
  for (const int tid : victim_tids(observation)) {
    if (!has_events(history, tid)) texts.push_back(nothing_of(observation, tid));
  }
  return texts;
}

/// What /proc showed of the victims.
std::map<int, ProcState> proc_states_of(const Observation& observation) {
  std::map<int, ProcState> states;
  const SampleSet* set = last_samples(observation);
  if (set == nullptr) return states;
  for (const TaskSample& task : set->tasks) {
    if (task.gone) continue;
    states[task.tid != 0 ? task.tid : task.pid] = {set->when, task.state, task.stack};
  }
  return states;
}

}  // namespace

Explanation explain(const Observation& observation, const Verdict& verdict,
                    const Environment& machine) {
  if (!observation.trace || verdict.outcome != Outcome::Hang) return {};
  const TraceView view(*observation.trace, believed_until(observation), machine,
                       proc_states_of(observation));
  std::vector<int> asleep;
  for (const int tid : victim_tids(observation)) {
    const TaskHistory* task = view.history.of(tid);
    if (task != nullptr && task->asleep() != nullptr) asleep.push_back(tid);
  }
  if (asleep.empty()) return {};

  Explanation explanation;
  explanation.notes = limits_of(view.trace);
  for (std::string& text : unknown_victims(observation, view.history)) {
    explanation.notes.push_back(std::move(text));
  }
  explanation.chain = wait_chain(view, asleep);
  for (const int tid : asleep) {
    if (view.trace.lost > 0) break;
    for (CauseRule* rule : cause_rules()) add_cause(rule(view, tid), explanation.causes);
  }
  Events events;
  cite(explanation.chain, events);
  for (const Cause& cause : explanation.causes) cite(cause.statements, events);
  if (explanation.causes.empty()) {
    for (const int tid : asleep) {
      add_last_turn(*view.history.of(tid), events);
      add_neighbours(view, *view.history.of(tid), events);
    }
  }
  explanation.timeline = lines_of(view, events, explanation.left_out);
  return explanation;
}

std::string why_unexplained(const Observation& observation, const Verdict& verdict) {
  if (verdict.outcome != Outcome::Hang) return "only a proven hang is explained";
  if (!observation.trace) return "there is no trace";
  const TraceHistory history = read_history(*observation.trace, believed_until(observation));
  const std::vector<std::string> unknown = unknown_victims(observation, history);
  return unknown.empty() ? "no victim is asleep at the end of the trace"
                         : fmt::format("{}", fmt::join(unknown, ", "));
}

}  // namespace hangrate
