// SPDX-License-Identifier: GPL-2.0-or-later
//
// ptrace_exec: a debugger that attaches to a program thread by thread and the program's execve(2)
// wait for each other for ever. All kernels; not fixed as of v7.2.
//
//   program, main thread                           tracer, has seized another thread of it
//   execve(): prepare_bprm_creds():
//     cred_guard_mutex, until the exec is over
//   de_thread(): kills the other threads, waits    the seized thread is dead now: a zombie until
//     until each is released (TASK_KILLABLE)       its tracer, and nobody else, waits for it
//                                                  PTRACE_ATTACH or PTRACE_SEIZE, main thread:
//                                                    ptrace_attach(): mutex_lock_interruptible(
//                                                      cred_guard_mutex): sleeps, and cannot wait
//
// (v6.1 fs/exec.c, kernel/ptrace.c ptrace_attach(), kernel/exit.c exit_notify().) No race: each
// step waits for evidence of the one before. "exec: Fix a deadlock in strace" (v5.7) mended what
// needs the mutex for a look only (exec_update_mutex), not the attach. A signal makes the tracer
// return and try again; only the death of one of the two ends it.
#include <sys/ptrace.h>

#include "../kit/child.h"

namespace {

enum Step : uint32_t { kNothing, kReady, kExec, kSeized, kAttach, kAttached, kFailed };
struct Shared {  // by the three processes
  std::atomic<uint32_t> program, tracer;
  std::atomic<int> tid, error;  // the thread that is seized first; errno of what failed
};
Shared* shared;
hang_child program, tracer;

void tell(std::atomic<uint32_t>* word, uint32_t step) {
  *word = step;
  hang_futex_wake(word, 0);
}
void await(std::atomic<uint32_t>* word, uint32_t step) {
  for (uint32_t seen; (seen = *word) != step;) hang_futex_wait(word, seen, 0, 0);
}

// ---- The program: two threads, then an exec of itself, which says --help to nobody. ----

void* second_thread(void*) {
  shared->tid = hang_gettid();
  tell(&shared->program, kReady);
  for (;;) pause();
}
void run_program() {
  char name[] = "ptrace-exec", help[] = "--help", *argv[] = {name, help, nullptr}, *none = nullptr;
  pthread_t thread;
  prctl(PR_SET_NAME, name);
  prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);  // where Yama asks for it
  if (pthread_create(&thread, nullptr, second_thread, nullptr) != 0) return;
  await(&shared->program, kExec);
  close(STDOUT_FILENO);
  close(STDERR_FILENO);
  execve("/proc/self/exe", argv, &none);
}

// ---- The tracer. ----

void trace(bool seize, int tid) {
  if (ptrace(seize ? PTRACE_SEIZE : PTRACE_ATTACH, tid, nullptr, nullptr) == 0) return;
  shared->error = errno;
  tell(&shared->tracer, kFailed);
  _exit(1);
}
void run_tracer() {
  prctl(PR_SET_NAME, "tracer");
  trace(true, shared->tid);
  tell(&shared->tracer, kSeized);
  await(&shared->tracer, kAttach);
  if (hang_is("idle")) pause();  // as one that has something else to do before it waits
  if (hang_is("reaps")) waitpid(shared->tid, nullptr, __WALL);
  trace(hang_is("seize"), program.pid);
  tell(&shared->tracer, kAttached);
}

// ---- The wait. ----

int over() {
  return hang_child_reaped(&tracer);
}
void nap(int64_t ns) {
  hang_child_wait(&tracer, ns);
}
/// A dead thread of a program in execve() is not left to a tracer that waits for that very
/// execve().
void look() {
  const bool zombie = hang_state_of(shared->tid) == 'Z';
  const bool asks = shared->tracer == kAttach && !hang_is("idle");
  hang_victim("tracer", tracer.pid, 0, -1, 0);
  hang_victim("program", program.pid, program.pid, -1, 0);
  hang_invariant(zombie && asks && !over() ? HANG_BROKEN : HANG_HOLDS,
                 "thread %d of the program is %s; its tracer, who alone can reap it, %s",
                 static_cast<int>(shared->tid), zombie ? "dead and not reaped" : "not a zombie",
                 asks ? "is in its attach to the program" : "is free to do so");
}
int kill_tracer() {
  hang_child_kill(&tracer);
  return 1;
}

// ---- The trial. ----

void setup() {
  shared = static_cast<Shared*>(hang_share(sizeof *shared));
}
/// 0, or what did not come.
const char* begin() {
  shared->program = shared->tracer = kNothing;
  hang_child_start(&program, 0, run_program);
  if (!hang_until([] { return shared->program == kReady; })) return "the program did not start";
  hang_child_start(&tracer, 0, run_tracer);
  if (!hang_until([] { return shared->tracer != kNothing; })) return "the tracer did not start";
  if (shared->tracer == kFailed && (shared->error == EPERM || shared->error == ENOSYS))
    hang_skip("ptrace: %s: run as root, or allow ptrace here", strerror(shared->error));
  tell(&shared->program, kExec);
  // State D: it waits in de_thread(), with the mutex.
  const bool there = hang_until(
      [] { return hang_state_of(shared->tid) == 'Z' && hang_state_of(program.pid) == 'D'; });
  return there ? nullptr : "execve() did not come to wait for the traced thread";
}
int trial() {
  static const hang_wait wait = {over, nap, look, kill_tracer};
  hang_phase("seize a thread, then exec");
  const char* missing = begin();
  hang_phase("attach");
  if (missing == nullptr) tell(&shared->tracer, kAttach);
  if (missing == nullptr) hang_await(&wait);
  hang_phase("clean up");
  hang_child_kill(&tracer);
  hang_child_kill(&program);
  if (!hang_child_ends(&tracer, 10) || !hang_child_ends(&program, 10))
    hang_fail("left behind: tracer or program does not die");
  if (missing == nullptr) return HANG_CLEAN;
  hang_note("%s", missing);
  return HANG_INCONCLUSIVE;
}

}  // namespace

HANG_VARIANT(attach, "attach", setup, trial)
HANG_VARIANT(seize, "seize", setup, trial)
HANG_VARIANT(reaps, "reaps", setup, trial)
HANG_VARIANT(idle, "idle", setup, trial)

int main(int argc, char** argv) {
  return hang_main(argc, argv);
}
