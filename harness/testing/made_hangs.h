// SPDX-License-Identifier: GPL-2.0-or-later
//
// For tests: the traces of the three known hangs as a kernel would leave them, and observations of
// them. A test that wants another shape makes one of these and changes what matters.
#pragma once

#include "harness/model/observation.h"
#include "harness/testing/made_trace.h"

namespace hangrate::testing {

inline constexpr int kWriter = 101;
inline constexpr int kResizer = 102;
inline constexpr int kReader = 103;
inline constexpr int kParent = 201;
inline constexpr int kChild = 202;
inline constexpr int kServer = 301;  ///< main thread of the daemon: answers requests
inline constexpr int kHolder = 302;  ///< its other thread: has a file of the mount
inline constexpr int kInit = 300;
inline constexpr int kHeir = 310;
inline constexpr int kWorker = 900;
inline constexpr std::uint64_t kPipe = 7;
inline constexpr std::int64_t kSetPipeSz = 1031;

/// `used` slots of `max`, the head having gone round: it wraps.
inline PipeState slots(std::uint32_t used, std::uint32_t max) {
  return {
      .head = used - 3, .tail = static_cast<std::uint32_t>(-3), .max_usage = max, .ring_size = max};
}

/// Where the writer sleeps before the resize; events 0 and 1.
inline MadeTrace full_pipe() {
  MadeTrace made;
  made.task(kWriter, "writer").task(kResizer, "resizer").task(kReader, "reader");
  made.on(kWriter, 1);
  made.call(kWriter, TracedCall::PipeWrite, kPipe, slots(0, 16));
  made.sleep(kWriter, TracedCall::PipeWrite);
  return made;
}

/// pipe_resize_stall with the writer on a CPU of its own.
inline MadeTrace stalled_writer() {
  MadeTrace made = full_pipe();
  made.call(kResizer, TracedCall::PipeFcntl, kPipe, slots(16, 16), kSetPipeSz, 1048576);
  made.call(kResizer, TracedCall::PipeResize, kPipe, slots(16, 16), 0, 256);
  made.wake(kResizer, kWriter);
  made.run(kWriter);
  made.sleep(kWriter, TracedCall::PipeWrite);
  made.ret(kResizer, TracedCall::PipeResize, 0, kPipe, slots(16, 16));
  made.ret(kResizer, TracedCall::PipeFcntl, 1048576, kPipe, slots(16, 256));
  return made;
}

/// The same with both on one CPU: the writer takes it from the resizer.
inline MadeTrace preempted_resizer() {
  MadeTrace made = full_pipe();
  made.on(kResizer, 1);
  made.call(kResizer, TracedCall::PipeFcntl, kPipe, slots(16, 16), kSetPipeSz, 1048576);
  made.call(kResizer, TracedCall::PipeResize, kPipe, slots(16, 16), 0, 256);
  made.wake(kResizer, kWriter);
  made.preempt(kResizer);
  made.run(kWriter);
  made.sleep(kWriter, TracedCall::PipeWrite);
  made.run(kResizer);
  made.ret(kResizer, TracedCall::PipeResize, 0, kPipe, slots(16, 16));
  made.ret(kResizer, TracedCall::PipeFcntl, 1048576, kPipe, slots(16, 256));
  return made;
}

/// pipe_full_child.
inline MadeTrace full_child() {
  MadeTrace made;
  made.task(kWorker, "", 0, "pipe_full_child").task(kParent, "parent").task(kChild, "child");
  made.fork(kWorker, kParent);
  made.fork(kParent, kChild);
  made.call(kParent, TracedCall::WaitChild);
  made.sleep(kParent, TracedCall::WaitChild);
  made.call(kChild, TracedCall::PipeWrite, kPipe, slots(15, 16));
  made.ret(kChild, TracedCall::PipeWrite, 137, kPipe, slots(16, 16));
  made.call(kChild, TracedCall::PipeWrite, kPipe, slots(16, 16));
  made.sleep(kChild, TracedCall::PipeWrite);
  return made;
}

/// The exit of `tid` up to its flush; with trace points for requests if `unique` is not 0.
inline void flush_at_exit(MadeTrace& made, int tid, std::uint64_t unique) {
  made.exit(tid);
  made.call(tid, TracedCall::FuseFlush);
  if (unique != 0) made.fuse_send(tid, unique, 25);
  made.call(tid, TracedCall::FuseWait);
  made.sleep(tid, TracedCall::FuseWait, 'D');
}

/// fuse_flush_exit: a daemon of two threads, killed by the worker.
/// `seen`: how the end of its serving thread shows.
inline MadeTrace self_held_daemon(TraceKind seen = TraceKind::Exit) {
  MadeTrace made;
  made.task(kWorker, "", 0, "fuse_flush_exit");
  made.task(kServer, "daemon", kServer).task(kHolder, "daemon", kServer);
  made.fork(kWorker, kServer);
  made.fuse_send(kHolder, 4, 14);
  made.fuse_end(kServer, 4, 14);
  made.signal(kWorker, kServer, 9);
  if (seen == TraceKind::Exit) made.exit(kServer);
  if (seen == TraceKind::Sleep) made.sleep(kServer, TracedCall::None, 'X');
  flush_at_exit(made, kHolder, 6);
  return made;
}

/// A look at the victims as /proc showed them, and the trace.
inline Observation seen_with(const Trace& trace, const std::vector<int>& victims) {
  Observation o;
  o.window = 100 * kMilli;
  SampleSet look{.when = trace.until, .took = 1000};
  for (const int tid : victims) {
    TaskSample task;
    task.tid = tid;
    for (const TraceTask& known : trace.tasks) {
      if (known.tid != tid) continue;
      task.pid = known.pid;
      task.role = known.role;
    }
    task.victim = true;
    task.state = 'S';
    for (const TraceEvent& event : trace.events) {
      if (event.tid != tid || event.kind != TraceKind::Sleep) continue;
      task.state = event.state == 'K' ? 'D' : event.state;  // /proc has no letter for killable
    }
    task.switches = 5;
    task.wchan = "pipe_write";
    look.tasks.push_back(task);
  }
  Round round{.before = look,
              .invariant = {look.when + kMicro, InvariantState::Broken, "POLLOUT, yet asleep"},
              .after = look};
  round.after.when += kMilli;
  o.rounds = {round};
  o.ending = Ending::Freed;
  o.proven = round.after.when;
  o.trace = trace;
  return o;
}

inline Verdict hang_verdict() {
  Verdict verdict;
  verdict.outcome = Outcome::Hang;
  verdict.signature = SignatureMatch::Match;
  return verdict;
}

}  // namespace hangrate::testing
