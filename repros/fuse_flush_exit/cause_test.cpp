// SPDX-License-Identifier: GPL-2.0-or-later
//
// fuse_flush_exit, from both sides: the traces in which the cause is stated and those of a server
// that may still answer.
#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/testing/explanation_check.h"

namespace hangrate {
namespace {

using namespace hangrate::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(ExplainFuseFlush, StatesADaemonThatWaitsForItself) {
  const Explanation e = checked_explanation(self_held_daemon().trace(), {kHolder});
  ASSERT_EQ(e.causes.size(), 1u);
  EXPECT_EQ(e.causes[0].name, "fuse_flush_exit");
  const std::string text = text_of(e);
  EXPECT_THAT(text, HasSubstr("daemon (302) exits, after a SIGKILL from fuse_flush_exit (900)"));
  EXPECT_THAT(text, HasSubstr("fuse_flush queues request 6, FLUSH, and waits"));
  EXPECT_THAT(text, HasSubstr("the process of daemon (302) itself served FUSE: it ended 1 "
                              "request; its 2 threads in the trace have begun"));
  EXPECT_THAT(text, HasSubstr("no server in the trace is left to answer"));
}

/// What is said of who is left, on such a machine.
std::string left_on(const std::string& release, const std::map<std::string, std::string>& sysctls) {
  Environment machine;
  machine.release = release;
  machine.sysctls = sysctls;
  const Explanation e = checked_explanation(self_held_daemon().trace(), {kHolder}, machine);
  EXPECT_EQ(e.causes.size(), 1u) << release;
  const std::string text = e.causes.front().statements.back().text;
  return text.substr(0, text.find("; the last close"));
}

constexpr const char* kDefault = "fs.fuse.default_request_timeout";
constexpr const char* kMost = "fs.fuse.max_request_timeout";
constexpr const char* kNobody = "no server in the trace is left to answer";

TEST(ExplainFuseFlush, ATimeoutOfRequestsEndsTheWait) {
  EXPECT_EQ(
      left_on("6.18.44", {{kDefault, "20"}, {kMost, "0"}}),
      std::string(kNobody) +
          ", but the wait is limited: the kernel aborts the connection when a request is 20 s "
          "old, or up to 15 s later (fs.fuse.default_request_timeout 20, max_request_timeout "
          "0, v6.15), unless the server asked for another timeout");
  EXPECT_THAT(left_on("6.18.44", {{kDefault, "0"}, {kMost, "60"}}), HasSubstr("is 60 s old"));
  EXPECT_THAT(left_on("6.18.44", {{kDefault, "90"}, {kMost, "60"}}),
              HasSubstr("asked for another timeout up to 60 s"));
  EXPECT_THAT(left_on("6.18.44", {{kDefault, "1"}, {kMost, "0"}}), HasSubstr("is 15 s old"));
  // Taken over by a vendor: the setting says it, whatever the release.
  EXPECT_THAT(left_on("6.12.0-55.el10", {{kDefault, "20"}}), HasSubstr("the wait is limited"));
}

TEST(ExplainFuseFlush, WithoutATimeoutNoneIsClaimed) {
  const std::string none = left_on("6.18.44", {{kDefault, "0"}, {kMost, "0"}});
  EXPECT_THAT(none, HasSubstr(", and no setting limits the wait"));
  EXPECT_THAT(none, HasSubstr("a server may have asked for a timeout itself"));
  for (const char* release : {"6.1.192", "6.14.11", "6.12.0-3-amd64", "5.10.0"}) {
    EXPECT_EQ(left_on(release, {}), kNobody) << release;
    EXPECT_EQ(left_on(release, {{"fs.pipe-max-size", "1048576"}}), kNobody) << release;
  }
}

TEST(ExplainFuseFlush, ATimeoutThatIsNotKnownIsNotDeniedWhereThereMayBeOne) {
  for (const char* release : {"6.15.0-rc1", "6.18.44", "7.2.13", "6.12.0-55.el10", ""}) {
    EXPECT_THAT(left_on(release, {}), HasSubstr("no timeout is known to end the wait")) << release;
  }
  EXPECT_THAT(left_on("6.18.44", {{kDefault, "odd"}}), HasSubstr("no timeout is known"));
}

TEST(ExplainFuseFlush, TakesTheLastSwitchOfAThreadForAnExitThatWasSkipped) {
  const Explanation e = checked_explanation(self_held_daemon(TraceKind::Sleep).trace(), {kHolder});
  ASSERT_EQ(e.causes.size(), 1u);
  EXPECT_EQ(e.causes[0].name, "fuse_flush_exit");
  EXPECT_THAT(text_of(e), HasSubstr("its 2 threads in the trace have begun"));
  EXPECT_THAT(text_of(e), HasSubstr("is switched out for the last time"));
}

TEST(ExplainFuseFlush, NotAThreadOfWhichNoEndWasSeen) {
  EXPECT_THAT(cause_names(self_held_daemon(TraceKind::Run).trace(), {kHolder}), IsEmpty());
}

TEST(ExplainFuseFlush, SaysOnlyWhatAKernelWithoutRequestTracePointsShows) {
  MadeTrace made;
  made.task(kServer, "daemon", kServer).task(kHolder, "daemon", kServer);
  made.exit(kServer);
  flush_at_exit(made, kHolder, 0);
  EXPECT_THAT(cause_names(made.trace(), {kHolder}), IsEmpty());  // hooked, and no request seen
  made.trace().absent = {"fuse_request_send: no such trace point before v6.12"};
  const Explanation e = checked_explanation(made.trace(), {kHolder});
  ASSERT_EQ(e.causes.size(), 1u);
  EXPECT_THAT(text_of(e), HasSubstr("has returned from neither; requests were not traced "
                                    "(fuse_request_send: no such trace point before v6.12)"));
  EXPECT_THAT(text_of(e), ::testing::Not(HasSubstr("queues request")));
  made.trace().absent = {"fuse_request_send: refused, because fuse_flush is there"};
  EXPECT_THAT(text_of(checked_explanation(made.trace(), {kHolder})),
              HasSubstr("(fuse_request_send: refused, because fuse_flush is there)"));
}

TEST(ExplainFuseFlush, AKillThatWasNotDeliveredIsNotWhatKilledIt) {
  MadeTrace made = self_held_daemon();
  made[3].result = 2;  // TRACE_SIGNAL_ALREADY_PENDING
  const Explanation e = checked_explanation(made.trace(), {kHolder});
  ASSERT_EQ(e.causes.size(), 1u);
  EXPECT_EQ(e.causes[0].statements[0].text, "daemon (302) exits");
}

TEST(ExplainFuseFlush, ARequestWithoutNumberAndOpcodeIsCalledNothingElse) {
  MadeTrace made;
  made.task(kHeir, "client");
  made.exit(kHeir);
  made.call(kHeir, TracedCall::FuseFlush);
  made.fuse_send(kHeir, 0, 0);
  made.call(kHeir, TracedCall::FuseWait);
  made.sleep(kHeir, TracedCall::FuseWait, 'D');
  const std::string text = text_of(checked_explanation(made.trace(), {kHeir}));
  EXPECT_THAT(text, HasSubstr("client waits for the answer of a FUSE request;"));
  EXPECT_THAT(text, HasSubstr("client queues a FUSE request\n"));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("opcode 0")));
}

/// The same hang where functions cannot be hooked: the stack of the sleeper tells instead.
Trace daemon_by_its_stack() {
  Trace trace = self_held_daemon().trace();
  std::erase_if(trace.events, [](const TraceEvent& event) {
    return event.call == TracedCall::FuseFlush || event.call == TracedCall::FuseWait
               ? event.kind != TraceKind::Sleep
               : false;
  });
  for (TraceEvent& event : trace.events) {
    if (event.tid != kHolder || event.kind != TraceKind::Sleep) continue;
    event.call = TracedCall::None;
    event.stack = {"request_wait_answer", "__fuse_simple_request", "fuse_flush", "filp_flush"};
  }
  trace.absent = {"fuse_flush: refused", "request_wait_answer: refused"};
  return trace;
}

TEST(ExplainFuseFlush, TakesTheStackWhereFunctionsCannotBeHooked) {
  const Explanation e = checked_explanation(daemon_by_its_stack(), {kHolder});
  ASSERT_EQ(e.causes.size(), 1u);
  EXPECT_THAT(text_of(e), HasSubstr("fuse_flush queues request 6, FLUSH, and waits"));
}

TEST(ExplainFuseFlush, NotAStackWithoutTheFlushAndNoneIfTheHookWasThere) {
  Trace other = daemon_by_its_stack();
  for (TraceEvent& event : other.events) std::erase(event.stack, "fuse_flush");
  EXPECT_THAT(cause_names(other, {kHolder}), IsEmpty());
  Trace hooked = daemon_by_its_stack();
  hooked.absent.clear();
  EXPECT_THAT(cause_names(hooked, {kHolder}), IsEmpty());
  hooked.skipped = 1;  // its program may be the one
  EXPECT_THAT(cause_names(hooked, {kHolder}), ElementsAre("fuse_flush_exit"));
}

/// An init that is killed and sleeps in `call`, with `stack`, while its daemon hangs.
MadeTrace dying_namespace(TracedCall call, const std::vector<std::string>& stack) {
  MadeTrace made;
  made.task(kInit, "init");
  made.fork(kInit, kServer);
  made.signal(kWorker, kInit, 9);
  made.exit(kInit);
  made.call(kInit, TracedCall::ZapPidNs);
  if (call == TracedCall::WaitChild) made.call(kInit, call);
  const std::size_t slept = made.sleep(kInit, call);
  made[slept].stack = stack;
  MadeTrace daemon = self_held_daemon();
  for (const TraceTask& task : daemon.trace().tasks) made.task(task.tid, task.role, task.pid);
  for (const TraceEvent& event : daemon.trace().events) {
    if (event.kind != TraceKind::Fork) made.add(event);
  }
  return made;
}

TEST(ExplainFuseFlush, SaysThatTheNamespaceWaitsOnlyOfWhoSleepsThere) {
  const auto waits =
      HasSubstr("init sleeps in zap_pid_ns_processes, which waits for every other task");
  const std::pair<TracedCall, std::vector<std::string>> there[] = {
      {TracedCall::ZapPidNs, {}},
      {TracedCall::ZapPidNs, {"zap_pid_ns_processes", "do_exit"}},
      {TracedCall::WaitChild, {"do_wait", "kernel_wait4", "zap_pid_ns_processes"}}};
  for (const auto& [call, stack] : there) {
    EXPECT_THAT(
        text_of(checked_explanation(dying_namespace(call, stack).trace(), {kInit, kHolder})),
        waits);
  }
  const std::pair<TracedCall, std::vector<std::string>> elsewhere[] = {
      {TracedCall::P9Rpc, {}}, {TracedCall::WaitChild, {"futex_do_wait"}}};
  for (const auto& [call, stack] : elsewhere) {
    const Explanation e =
        checked_explanation(dying_namespace(call, stack).trace(), {kInit, kHolder});
    EXPECT_EQ(e.causes.size(), 1u);
    EXPECT_THAT(text_of(e), ::testing::Not(waits));
  }
}

TEST(ExplainFuseFlush, StatesThatTheNamespaceWaitsToo) {
  MadeTrace made = dying_namespace(TracedCall::WaitChild, {});
  const Explanation e = checked_explanation(made.trace(), {kInit, kHolder});
  ASSERT_EQ(e.causes.size(), 1u);
  EXPECT_THAT(text_of(e),
              HasSubstr("init sleeps in zap_pid_ns_processes, which waits for every other task"));
  EXPECT_THAT(text_of(e), HasSubstr("init waits in zap_pid_ns_processes"));
}

MadeTrace heir_trace() {
  MadeTrace made;
  made.task(kServer, "daemon").task(kHeir, "heir");
  made.fuse_send(kHeir, 4, 14);
  made.fuse_end(kServer, 4, 14);
  made.fork(kServer, kHeir);
  made.exit(kServer);
  flush_at_exit(made, kHeir, 6);
  return made;
}

TEST(ExplainFuseFlush, StatesAnHeirThatKeepsTheDeviceOpen) {
  const Explanation e = checked_explanation(heir_trace().trace(), {kHeir});
  ASSERT_EQ(e.causes.size(), 1u);
  EXPECT_THAT(text_of(e),
              HasSubstr("heir was forked by the process of daemon and is still exiting"));
  EXPECT_THAT(text_of(e), ::testing::Not(HasSubstr("inherits")));
  EXPECT_THAT(text_of(e), HasSubstr("the process of daemon served FUSE: it ended 1 request;"));
}

TEST(ExplainFuseFlush, ANumberThatCouldNotBeReadIsNotTold) {
  MadeTrace made = self_held_daemon();
  for (TraceEvent& event : made.trace().events) {
    if (event.object == 6) event.object = 0;
  }
  EXPECT_THAT(text_of(checked_explanation(made.trace(), {kHolder})),
              HasSubstr("queues a request, FLUSH"));
  made.trace().absent = {"fuse_abort_conn: refused"};
  const std::string text = text_of(checked_explanation(made.trace(), {kHolder}));
  EXPECT_THAT(text, HasSubstr("aborts were not traced"));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("no abort was seen")));
}

TEST(ExplainFuseFlush, AGrandchildOfTheServerWasNotMadeByIt) {
  MadeTrace made;
  made.task(kServer, "daemon").task(777, "").task(kHeir, "heir");
  made.fuse_send(kHeir, 4, 14);
  made.fuse_end(kServer, 4, 14);
  made.fork(kServer, 777);
  made.fork(777, kHeir);
  made.exit(777);
  made.exit(kServer);
  flush_at_exit(made, kHeir, 6);
  EXPECT_THAT(text_of(checked_explanation(made.trace(), {kHeir})),
              HasSubstr("heir descends from the process of daemon"));
}

TEST(ExplainFuseFlush, NotAFlushThatSleepsInSomethingElse) {
  MadeTrace made = self_held_daemon();
  TraceEvent& slept = made[made.trace().events.size() - 1];
  slept.stack = {"request_wait_answer", "__fuse_simple_request", "fuse_flush"};
  EXPECT_EQ(cause_names(made.trace(), {kHolder}).size(), 1u);
  slept.stack = {"folio_wait_writeback", "request_wait_answer", "fuse_flush"};
  EXPECT_THAT(cause_names(made.trace(), {kHolder}), IsEmpty());
  slept.stack.clear();
  slept.call = TracedCall::P9Rpc;
  EXPECT_THAT(cause_names(made.trace(), {kHolder}), IsEmpty());
}

TEST(ExplainFuseFlush, NotIfAnotherHeirOfTheServerLives) {
  for (const auto& [before, victim] :
       {std::pair{heir_trace(), kHeir}, std::pair{self_held_daemon(), kHolder}}) {
    MadeTrace made;
    MadeTrace whole = before;
    for (const TraceTask& task : whole.trace().tasks) made.task(task.tid, task.role, task.pid);
    made.fork(kServer, 777);
    made.fork(777, 778);
    for (const TraceEvent& event : whole.trace().events) {
      if (event.kind != TraceKind::Fork || event.other == kHeir) made.add(event);
    }
    EXPECT_THAT(cause_names(made.trace(), {victim}), IsEmpty());
    made.exit(778);
    EXPECT_THAT(cause_names(made.trace(), {victim}), IsEmpty());
    made.exit(777);
    EXPECT_EQ(cause_names(made.trace(), {victim}).size(), 1u);
  }
}

TEST(ExplainFuseFlush, NotAThreadOfTheHeirThatMayAnswer) {
  MadeTrace made = heir_trace();
  made.task(kHeir + 1, "heir", kHeir);
  EXPECT_THAT(cause_names(made.trace(), {kHeir}), IsEmpty());
}

TEST(ExplainFuseFlush, NotAStrangerToTheServer) {
  MadeTrace made = heir_trace();
  made.trace().events.erase(made.trace().events.begin() + 2);  // its fork
  EXPECT_THAT(cause_names(made.trace(), {kHeir}), IsEmpty());
}

TEST(ExplainFuseFlush, NotAServerThatLives) {
  MadeTrace made;
  made.task(kServer, "daemon").task(kHeir, "client");
  made.fuse_send(kHeir, 4, 14);
  made.fuse_end(kServer, 4, 14);
  made.signal(kWorker, kHeir, 9);
  flush_at_exit(made, kHeir, 6);
  const Explanation e = checked_explanation(made.trace(), {kHeir});
  EXPECT_THAT(e.causes, IsEmpty());
  EXPECT_THAT(text_of(e), HasSubstr("client waits for the answer of FUSE request 6, FLUSH; the "
                                    "last answer in the trace, to any request, came from daemon"));
}

TEST(ExplainFuseFlush, NotAServerOfWhichOneThreadLives) {
  MadeTrace made = self_held_daemon();
  made.task(399, "daemon", kServer);
  EXPECT_THAT(cause_names(made.trace(), {kHolder}), IsEmpty());
}

TEST(ExplainFuseFlush, NotAFlushThatWasAnswered) {
  MadeTrace made = self_held_daemon();
  made.fuse_end(kWorker, 6, 25);
  EXPECT_THAT(cause_names(made.trace(), {kHolder}), IsEmpty());
  made.wake(kWorker, kHolder);
  made.run(kHolder);
  made.ret(kHolder, TracedCall::FuseWait);
  EXPECT_TRUE(checked_explanation(made.trace(), {kHolder}).empty());
}

TEST(ExplainFuseFlush, NotAConnectionThatWasAborted) {
  MadeTrace made = self_held_daemon();
  made.fuse_abort(kWorker);
  EXPECT_THAT(cause_names(made.trace(), {kHolder}), IsEmpty());
}

TEST(ExplainFuseFlush, NotAFlushOfATaskThatDoesNotExit) {
  MadeTrace made;
  made.task(kHolder, "daemon", kServer);
  made.call(kHolder, TracedCall::FuseFlush);
  made.fuse_send(kHolder, 6, 25);
  made.call(kHolder, TracedCall::FuseWait);
  made.sleep(kHolder, TracedCall::FuseWait, 'D');
  EXPECT_THAT(cause_names(made.trace(), {kHolder}), IsEmpty());
}

TEST(ExplainFuseFlush, LooksAtTheLastRequestOfTheFlush) {
  MadeTrace made = self_held_daemon();
  MadeTrace with_writeback;
  for (const TraceTask& task : made.trace().tasks) {
    with_writeback.task(task.tid, task.role, task.pid);
  }
  for (const TraceEvent& event : made.trace().events) {
    with_writeback.add(event);
    if (event.call != TracedCall::FuseFlush) continue;
    with_writeback.fuse_send(kHolder, 5, 16);
    with_writeback.fuse_end(kServer, 5, 16);
  }
  EXPECT_EQ(cause_names(with_writeback.trace(), {kHolder}).size(), 1u);
  with_writeback.fuse_send(kHolder, 8, 16);
  EXPECT_THAT(cause_names(with_writeback.trace(), {kHolder}), IsEmpty());
}

TEST(ExplainFuseFlush, NotAnotherRequest) {
  MadeTrace made = self_held_daemon();
  for (TraceEvent& event : made.trace().events) {
    if (event.object == 6) event.number = 1;  // LOOKUP
  }
  EXPECT_THAT(cause_names(made.trace(), {kHolder}), IsEmpty());
}

}  // namespace
}  // namespace hangrate
