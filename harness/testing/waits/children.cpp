// SPDX-License-Identifier: GPL-2.0-or-later
//
// Waits for a process: wait4, vfork, a pidfd, ptrace, the end of a pid namespace.
#include <thread>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>

#include "stage.h"

namespace hangrate::waits {
namespace {

/// A child that reads from a pipe whose only writer is itself.
pid_t hung_child() {
  const Ends ends = make_pipe();
  const pid_t child = start(SYS_read, {ends.read, ends.write}, [=] { read_byte(ends.read); });
  close(ends.read);
  close(ends.write);
  return child;
}
pid_t napping_child() {
  return start(SYS_clock_nanosleep, {}, nap);
}
/// A zombie that its parent does not reap.
pid_t dead_child() {
  const pid_t child = static_cast<pid_t>(must(fork(), "fork"));
  siginfo_t info;
  if (child == 0) _exit(0);
  must(waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), "waitid");
  return child;
}

void wait_hung() {
  start(SYS_wait4, {}, [] { wait_for(hung_child()); });
}
void wait_napping() {
  start(SYS_wait4, {}, [] { wait_for(napping_child()); });
}
/// Any of its children will do, and one of them naps.
void wait_any() {
  start(SYS_wait4, {}, [] {
    hung_child();
    napping_child();
    wait_for(-1);
  });
}
void wait_other_than_dead() {
  start(SYS_wait4, {}, [] {
    dead_child();
    wait_for(napping_child());
  });
}
void wait_stopped() {
  start(SYS_wait4, {}, [] {
    wait_for(start(kStopped, {}, [] {
      raise(SIGSTOP);
      rest();
    }));
  });
}
void dead_leader(long call, void (*act)(const Ends&)) {
  start(SYS_wait4, {}, [=] {
    const Ends ends = make_pipe();
    const pid_t child = start(kDead, {ends.read, ends.write}, [=] {
      start_thread(call, [=] { act(ends); });
      syscall(SYS_exit, 0);
    });
    close(ends.read);
    close(ends.write);
    wait_for(child);
  });
}
void dead_leader_hung() {
  dead_leader(SYS_read, [](const Ends& ends) { read_byte(ends.read); });
}
void dead_leader_naps() {
  dead_leader(SYS_clock_nanosleep, [](const Ends&) { nap(); });
}
void wait_on_pidfd(pid_t child) {
  const long descriptor = must(syscall(SYS_pidfd_open, child, 0), "pidfd_open");
  pollfd wait = {static_cast<int>(descriptor), POLLIN, 0};
  must(poll(&wait, 1, -1), "poll");
}
void pidfd_hung() {
  start(kPoll, {}, [] { wait_on_pidfd(hung_child()); });
}
void pidfd_napping() {
  start(kPoll, {}, [] { wait_on_pidfd(napping_child()); });
}

// ---- vfork: the parent stands still until the child is gone. ----

void with_vfork(long call, void (*act)(const Ends&)) {
  start(kVfork, {}, [=] {
    const Ends ends = make_pipe();
    expect_task();
    const pid_t child = vfork();  // NOLINT(clang-analyzer-security.insecureAPI.vfork)
    if (child == 0) {
      close(ends.write);
      expect_rest(call);  // NOLINT: a pid in shared memory, and the parent stands still for good
      act(ends);
      _exit(1);
    }
    must(child, "vfork");
  });
}
void vfork_hung() {
  with_vfork(SYS_read, [](const Ends& ends) { read_byte(ends.read); });
}
void vfork_napping() {
  with_vfork(SYS_clock_nanosleep, [](const Ends&) { nap(); });
}

// ---- ptrace. ----

/// execve waits until the tracer has reaped a traced thread, and holds what PTRACE_ATTACH wants.
void exec_of_traced() {
  expect_task();
  std::thread([] {
    ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    expect_rest(kDead);
  }).join();
  execl("/proc/self/exe", "wait_cases", "--list", nullptr);
  fail("execl");
}
void attach_to_exec() {
  start(SYS_ptrace, {}, [] {
    const pid_t tracee = start(SYS_execve, {}, exec_of_traced);
    await_at(tracee, SYS_execve);
    short_nap(20);
    must(ptrace(PTRACE_ATTACH, tracee, nullptr, nullptr), "ptrace");
  });
}
pid_t traced_napper() {
  const pid_t tracee = napping_child();
  await_at(tracee, SYS_clock_nanosleep);
  must(ptrace(PTRACE_SEIZE, tracee, nullptr, nullptr), "PTRACE_SEIZE");
  return tracee;
}
void tracer_waits() {
  start(SYS_wait4, {}, [] { wait_for(traced_napper()); });
}
/// The stop was reported already: only the tracer could go on, or a SIGKILL.
void tracer_waits_for_stopped() {
  start(SYS_wait4, {}, [] {
    const pid_t tracee = traced_napper();
    must(ptrace(PTRACE_INTERRUPT, tracee, nullptr, nullptr), "PTRACE_INTERRUPT");
    must(waitpid(tracee, nullptr, 0), "waitpid");
    revise_rest(tracee, kStopped);
    wait_for(tracee);
  });
}

// ---- The end of a pid namespace: its init waits for a zombie that has a parent outside. ----

pid_t namespace_init() {
  const long init =
      must(syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, nullptr, nullptr, nullptr, 0L), "clone");
  if (init != 0) return static_cast<pid_t>(init);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  rest();
}
void enter(pid_t init) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/ns/pid", init);
  const int name = static_cast<int>(must(open(path, O_RDONLY | O_CLOEXEC), "open"));
  must(setns(name, CLONE_NEWPID), "setns");
  close(name);
}
void dying_namespace(long call, void (*then)(pid_t)) {
  start(call, {}, [=] {
    const pid_t init = namespace_init();
    enter(init);
    dead_child();
    must(kill(init, SIGKILL), "kill");
    short_nap(50);  // to exit or to wait with it
    must(kill(init, 0), "the init has not waited");
    then(init);
  });
}
void namespace_of_waiter() {
  dying_namespace(SYS_wait4, wait_for);
}
void namespace_of_napper() {
  dying_namespace(SYS_clock_nanosleep, [](pid_t) { nap(); });
}

const Family kChildren{
    {"wait-hung-child", "orphaned|deadlock", false, "",
     "parent in wait4, child in read with the only write end its own", wait_hung},
    {"wait-napping-child", "none", false, "", "parent in wait4, the child naps", wait_napping},
    {"wait-any-child", "orphaned", false, "",
     "of two children one is hung by itself; the parent, which waits for any, is not", wait_any},
    {"wait-other-than-dead", "none|stuck", false, "",
     "parent in wait4 for a child that naps, and has another one that is dead",
     wait_other_than_dead},
    {"wait-stopped-child", "none", false, "", "parent in wait4, the child is stopped",
     wait_stopped},
    {"wait-dead-leader", "orphaned|deadlock", false, "",
     "parent in wait4, the child's first thread is dead and another reads what only it could write",
     dead_leader_hung},
    {"wait-dead-leader-naps", "none", false, "", "the same, the other thread naps",
     dead_leader_naps},
    {"pidfd-hung-child", "orphaned|deadlock", false, "",
     "parent polls the pidfd of a child that reads what only it could write", pidfd_hung},
    {"pidfd-napping-child", "none", false, "", "the same, the child naps", pidfd_napping},
    {"vfork-child-reads-parent", "deadlock", false, "",
     "parent in vfork, the child reads what only the parent could write", vfork_hung},
    {"vfork-child-naps", "none", false, "", "parent in vfork, the child naps", vfork_napping},
    {"ptrace-attach-exec", "deadlock", false, "",
     "execve waits for a traced dead thread, its tracer in PTRACE_ATTACH for the execve",
     attach_to_exec},
    {"ptrace-tracee-naps", "none", false, "", "tracer in wait4, the tracee naps", tracer_waits},
    {"ptrace-tracee-stopped", "none|stuck|deadlock", false, "",
     "tracer in wait4 for a tracee whose stop it was told of already", tracer_waits_for_stopped},
    {"pid-namespace-waiting-parent", "deadlock|stuck", false, "root",
     "parent in wait4 for a dying init, which waits for a zombie that the parent must reap",
     namespace_of_waiter},
    {"pid-namespace-napping-parent", "none|stuck", false, "root", "the same, the parent naps",
     namespace_of_napper},
};

}  // namespace
}  // namespace hangrate::waits
