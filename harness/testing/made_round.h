// SPDX-License-Identifier: GPL-2.0-or-later
//
// Looks at a writer that hangs as pipe_resize_stall does, for the tests of the judge.
#pragma once

#include <functional>

#include "harness/model/manifest.h"
#include "harness/model/observation.h"

namespace hangrate::testing {

inline TaskSample sleeping_writer() {
  TaskSample task;
  task.role = "writer";
  task.pid = 10;
  task.tid = 11;
  task.victim = true;
  task.state = 'S';
  task.switches = 5;
  task.wchan = "anon_pipe_write";
  task.syscall = "1 0x4 0x7f 0x11000";
  task.syscall_name = "write";
  task.stack = {"anon_pipe_write", "vfs_write", "ksys_write"};
  return task;
}

inline Variant pipe_variant() {
  Variant v;
  v.name = "blocked-writer";
  Signature s;
  s.role = "writer";
  s.states = "S";
  s.syscalls = {"write"};
  s.frames = {{"pipe_write", "anon_pipe_write"}};
  s.wchans = {"pipe_write", "anon_pipe_write"};
  v.signatures = {s};
  return v;
}

/// Two looks 1 ms apart at a writer asleep while poll says POLLOUT: the bug.
inline Round proven_round() {
  Round round;
  round.before = {.when = 1000, .took = 100, .tasks = {sleeping_writer()}};
  round.invariant = {2000, InvariantState::Broken, "POLLOUT, yet asleep"};
  round.after = {.when = 1'001'000, .took = 100, .tasks = {sleeping_writer()}};
  return round;
}

inline void change_both(Round& round, const std::function<void(TaskSample&)>& change) {
  change(round.before.tasks[0]);
  change(round.after.tasks[0]);
}

inline Observation observed(Round round, Ending ending) {
  Observation o;
  o.window = 100 * kMilli;
  o.slow_after = 100 * kMilli;
  o.rounds = {std::move(round)};
  o.ending = ending;
  o.proven = 2'000'000;
  return o;
}

}  // namespace hangrate::testing
