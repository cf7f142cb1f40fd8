// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/run/cell_runner.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include "harness/run/sight_of.h"
#include "harness/run/slot_view.h"

namespace hangrate {

namespace {

constexpr Nanos kReapLimit = 2 * kSecond;  // from SIGKILL to reaped
constexpr Nanos kKillAgain = 50 * kMilli;
constexpr Nanos kProgressEvery = 100 * kMilli;
constexpr Nanos kIdleWake = 250 * kMilli;

CellSetup setup_of(const Engine::Parts& parts, std::size_t cell, const CellPlan& plan,
                   const StopRule& rule) {
  return {.cell = cell,
          .spec = plan.spec,
          .rule = rule,
          .limits = parts.limits,
          .recorder = parts.recorder != nullptr,
          .trace = parts.trace.mode,
          .traces_to_keep = parts.trace.keep};
}

}  // namespace

CellRunner::CellRunner(Engine::Parts& parts, std::size_t cell, const CellPlan& plan,
                       const StopRule& rule, CellResult& result)
    : parts_(parts),
      plan_(plan),
      result_(result),
      start_(now_ns()),
      cell_(setup_of(parts, cell, plan, rule), parts.slowness, result, start_),
      next_progress_(start_) {}

Result<void> CellRunner::run() {
  if (parts_.recorder != nullptr) recorder_before_ = parts_.recorder->stats();
  // What former stretches, other boots or an earlier run learned is there before the first worker.
  fill(parts_.arena.renew_search(), result_.memory().arms());
  tell(Began{});
  while (true) {
    next_wake_ = now_ns() + kIdleWake;
    if (parts_.interrupted && !std::exchange(interrupt_told_, true)) tell(Interrupted{});
    take_ended_children();
    take_reader_answers();
    look_at_all();
    abort_orphaned_connections();
    tell(Woke{leftovers_.alive(now_ns())});
    if (cell_.settled(now_ns())) break;
    show_progress();
    sleep();
  }
  close();
  tell(Measured{load_.read(), recorder_cost(), arms_of(parts_.arena.search())});
  return trouble_;
}

void CellRunner::tell(const CellEvent& event) {
  const Nanos now = now_ns();
  if (parts_.events.told) parts_.events.told(event, now);
  for (const CellAction& action : cell_.next(event, now)) {
    std::visit([this](const auto& each) { perform(each); }, action);
  }
}

void CellRunner::tell(std::uint64_t worker, SeatEvent event) {
  tell(OfWorker{worker, std::move(event)});
}

void CellRunner::take_ended_children() {
  const std::vector<ChildEnd> ends = parts_.take_ended();
  if (ends.empty()) return;
  // Whether the cell has begun may depend on what the others did since they were looked at.
  for (Member& member : crew_)
    tell(member.worker.id(), Saw{sight_of(member.worker, member.followed)});
  for (const ChildEnd& end : ends) {
    Member* member = crew_.with_pid(end.pid);
    if (member == nullptr) continue;
    const Worker& worker = member->worker;
    std::string how = "the worker ended: " + end.text();
    if (const std::string output = worker.output(); !output.empty()) how += "; it said: " + output;
    tell(worker.id(),
         WorkerEnded{.how = std::move(how),
                     .killed_at_birth = end.signal == SIGKILL && worker.entered_at_birth(),
                     .sight = sight_of(worker, member->followed)});
  }
}

void CellRunner::take_reader_answers() {
  while (auto answer = parts_.reader.receive()) {
    for (Member& member : crew_) {
      if (member.poke != answer->id && member.request != answer->id) continue;
      take_answer(member, *answer);
      break;
    }
  }
}

void CellRunner::take_answer(Member& member, ProcReader::Answer& answer) {
  const std::uint64_t worker = member.worker.id();
  if (member.poke == answer.id) {
    member.poke = 0;
    return tell(worker, Poked{});
  }
  member.request = 0;
  if (!answer.foreign.empty()) return tell(worker, NamedForeign{std::move(answer.foreign)});
  if (answer.stuck_in_pipe) {  // the victim, or who holds it up, has the lock of the pipe
    for (ReadTarget& target : member.parties) target.ask_pipe = 0;
  }
  tell(worker, Sampled{std::move(answer.samples)});
}

void CellRunner::look_at_all() {
  for (const std::uint64_t id : crew_.ids()) {
    if (Member* member = crew_.find(id)) perform(*member, LookAgain{});
  }
}

void CellRunner::abort_orphaned_connections() {
  for (Member& member : crew_) {
    if (member.dying) abort_orphaned_connection(member, parts_.reader);
  }
}

void CellRunner::show_progress() {
  if (!parts_.events.progress || now_ns() < next_progress_) return;
  next_progress_ = now_ns() + kProgressEvery;
  parts_.events.progress(result_, now_ns() - start_);
}

void CellRunner::sleep() {
  const auto reader = parts_.reader.next_deadline();
  parts_.sleep_until(std::min(next_wake_, reader.value_or(next_wake_)));
}

/// The cell is over: no worker, process or FUSE connection of it may stay.
void CellRunner::close() {
  tell(Closed{});
  await_ends();
  if (all_ended()) return;
  LeftBehind left;
  for (const pid_t pid : parts_.cgroup.processes()) left.processes.push_back(pid);
  tell(left);
}

void CellRunner::await_ends() {
  const Nanos deadline = now_ns() + kReapLimit;
  Nanos kill_again = now_ns() + kForGuards;
  while (now_ns() < deadline) {
    take_ended_children();
    take_reader_answers();
    abort_orphaned_connections();
    if (all_ended()) return;
    if (now_ns() >= kill_again && parts_.cgroup.version() != 0 &&
        !parts_.cgroup.processes().empty()) {
      parts_.cgroup.kill_all();
      kill_again = now_ns() + kKillAgain;
    }
    parts_.sleep_until(now_ns() + 5 * kMilli);
  }
}

bool CellRunner::all_ended() {
  const bool told = !parts_.reader.next_deadline();  // every abort went out
  if (!cell_.empty() || !told) return false;
  return parts_.cgroup.version() == 0 || parts_.cgroup.processes().empty();
}

}  // namespace hangrate
