// SPDX-License-Identifier: GPL-2.0-or-later
//
// MadeSnapshot: looks at tasks that a test makes up, task by task.
#pragma once

#include <string>

#include "harness/model/snapshot.h"

namespace hangrate::testing {

class MadeSnapshot {
 public:
  /// A process with one thread, asleep in `call` with arguments "0x3 0x0 ...", in `place`.
  SeenTask& sleeper(int pid, const std::string& call, const std::string& arguments,
                    const std::string& place = "somewhere") {
    SeenTask& task = thread(pid, pid);
    task.sample.syscall_name = call;
    task.sample.syscall = "1 " + arguments;
    task.sample.wchan = place;
    return task;
  }
  SeenTask& thread(int pid, int tid) {
    SeenTask& task = seen_.tasks[tid];
    task.sample.pid = pid;
    task.sample.tid = tid;
    task.sample.state = 'S';
    task.sample.comm = "task";
    task.sample.switches = 1;
    task.sample.started = 1000;
    task.parent = 1;
    task.numbers = {tid};
    seen_.processes[pid];
    return task;
  }
  /// It runs: not asleep, in no call that is seen.
  SeenTask& runner(int pid) {
    SeenTask& task = thread(pid, pid);
    task.sample.state = 'R';
    return task;
  }
  Descriptor& holds(int pid, int number, ObjectKind kind, const std::string& object, bool reads,
                    bool writes) {
    Descriptor descriptor;
    descriptor.number = number;
    descriptor.kind = kind;
    descriptor.object = object;
    descriptor.reads = reads;
    descriptor.writes = writes;
    auto& all = seen_.processes[pid].descriptors;
    all.push_back(descriptor);
    return all.back();
  }
  void reads(int pid, int number, const std::string& pipe) {
    holds(pid, number, ObjectKind::Pipe, pipe, true, false);
  }
  void writes(int pid, int number, const std::string& pipe) {
    holds(pid, number, ObjectKind::Pipe, pipe, false, true);
  }

  Snapshot& seen() { return seen_; }

 private:
  Snapshot seen_;
};

}  // namespace hangrate::testing
