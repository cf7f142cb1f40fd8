// SPDX-License-Identifier: GPL-2.0-or-later
//
// MadeSnapshot: looks at tasks that a test makes up, task by task.
#pragma once

#include <map>
#include <string>

#include "harness/model/snapshot.h"

namespace hangrate::testing {

class MadeSnapshot {
 public:
  /// A process with one thread, asleep in `call` with arguments "0x3 0x0 ...", in `place`; "":
  /// where that call waits.
  SeenTask& sleeper(int pid, const std::string& call, const std::string& arguments,
                    const std::string& place = "") {
    SeenTask& task = thread(pid, pid);
    task.sample.syscall_name = call;
    task.sample.syscall = "1 " + arguments;
    task.sample.wchan = place.empty() ? usual_place(call) : place;
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
  static std::string usual_place(const std::string& call) {
    static const std::map<std::string, std::string> places = {
        {"read", "pipe_read"},
        {"write", "pipe_write"},
        {"recvfrom", "unix_stream_read_generic"},
        {"wait4", "do_wait"},
        {"poll", "poll_schedule_timeout"},
        {"epoll_wait", "ep_poll"},
        {"futex", "futex_wait"},
        {"flock", "locks_lock_inode_wait"}};
    const auto place = places.find(call);
    return place != places.end() ? place->second : "somewhere";
  }

  Snapshot seen_;
};

}  // namespace hangrate::testing
