// SPDX-License-Identifier: GPL-2.0-or-later
//
// For tests: a trace made event by event. Every event is 1 us after the one before unless after()
// says otherwise, and gives its index, to be cited. made_hangs.h has whole scenes.
#pragma once

#include <string>
#include <vector>

#include "harness/model/trace.h"

namespace hangrate::testing {

class MadeTrace {
 public:
  explicit MadeTrace(Nanos start = 1'000'000) : now_(start) { trace_.from = start - kMicro; }

  MadeTrace& task(int tid, const std::string& role, int pid = 0, const std::string& comm = "") {
    trace_.tasks.push_back({.tid = tid, .pid = pid != 0 ? pid : tid, .role = role, .comm = comm});
    return *this;
  }
  /// The next event comes that much after the one before.
  MadeTrace& after(Nanos span) {
    now_ += span - kMicro;
    return *this;
  }
  /// On which CPU the events of this task happen from now on.
  MadeTrace& on(int tid, int cpu) {
    cpus_.push_back({tid, cpu});
    return *this;
  }

  std::size_t add(TraceEvent event) {
    now_ += kMicro;
    event.when = now_;
    for (const auto& [tid, cpu] : cpus_) {
      if (tid == event.tid) event.cpu = cpu;
    }
    for (const TraceTask& task : trace_.tasks) {
      if (task.tid == event.tid) event.pid = task.pid;
    }
    trace_.events.push_back(std::move(event));
    trace_.until = now_ + 50 * kMilli;
    return trace_.events.size() - 1;
  }

  std::size_t call(int tid, TracedCall call, std::uint64_t object = 0,
                   std::optional<PipeState> pipe = std::nullopt, std::int64_t number = 0,
                   std::int64_t value = 0) {
    return add({.tid = tid,
                .kind = TraceKind::Call,
                .call = call,
                .number = number,
                .value = value,
                .object = object,
                .pipe = pipe});
  }
  std::size_t ret(int tid, TracedCall call, std::int64_t result = 0, std::uint64_t object = 0,
                  std::optional<PipeState> pipe = std::nullopt) {
    return add({.tid = tid,
                .kind = TraceKind::Return,
                .call = call,
                .result = result,
                .object = object,
                .pipe = pipe});
  }
  std::size_t sleep(int tid, TracedCall call, char state = 'S') {
    return add({.tid = tid, .kind = TraceKind::Sleep, .call = call, .state = state});
  }
  std::size_t wake(int by, int whom) { return two(TraceKind::Wake, by, whom); }
  std::size_t fork(int by, int whom) { return two(TraceKind::Fork, by, whom); }
  std::size_t signal(int by, int whom, std::int64_t number) {
    return add({.tid = by, .kind = TraceKind::Signal, .other = whom, .number = number});
  }
  std::size_t run(int tid) { return add({.tid = tid, .kind = TraceKind::Run}); }
  std::size_t preempt(int tid) { return add({.tid = tid, .kind = TraceKind::Preempt}); }
  std::size_t exit(int tid) { return add({.tid = tid, .kind = TraceKind::Exit}); }
  std::size_t fuse_send(int tid, std::uint64_t unique, std::int64_t opcode) {
    return add({.tid = tid, .kind = TraceKind::FuseSend, .number = opcode, .object = unique});
  }
  std::size_t fuse_end(int tid, std::uint64_t unique, std::int64_t opcode,
                       std::int64_t result = 0) {
    return add({.tid = tid,
                .kind = TraceKind::FuseEnd,
                .number = opcode,
                .result = result,
                .object = unique});
  }
  std::size_t fuse_abort(int tid) { return add({.tid = tid, .kind = TraceKind::FuseAbort}); }

  Trace& trace() { return trace_; }
  TraceEvent& operator[](std::size_t index) { return trace_.events.at(index); }

 private:
  std::size_t two(TraceKind kind, int by, int whom) {
    return add({.tid = by, .kind = kind, .other = whom});
  }

  Trace trace_;
  Nanos now_;
  std::vector<std::pair<int, int>> cpus_;
};

}  // namespace hangrate::testing
