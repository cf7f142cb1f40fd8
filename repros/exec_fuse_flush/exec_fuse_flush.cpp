// SPDX-License-Identifier: GPL-2.0-or-later
//
// exec_fuse_flush: a FUSE server that looks into /proc/PID of a program in execve(2), before it
// answers the FLUSH of that execve(), deadlocks with the program. Until "exec: do_close_on_exec()
// before taking exec_update_lock" (7.2.7, 6.12.111, 6.1.189).
//
//   program                                      server, its only thread
//   execve(): begin_new_exec():
//     exec_mmap(): exec_update_lock, for writing
//     do_close_on_exec(): filp_close(): FLUSH -> reads it, and asks who sent it, before it answers:
//       request_wait_answer(): sleeps,           read("/proc/PID/stack"), "environ", "exe":
//       no signal ends it                          exec_update_lock, for reading: state D
//
// (v6.1 fs/exec.c, fs/proc/base.c.) The lock keeps those who look from seeing half of a change of
// credentials; the fix closes files before it is taken. No race: the server asks inside of the
// request. The server's wait is killable, and with its end the connection is aborted.
//
// Nobody else may look either: "stack" of the program, and on many kernels "stat" too, block
// whoever reads them. So this one reads nothing of the program.
#include "../kit/child.h"
#include "../kit/fuse/fuse.h"

namespace {

enum Step : uint32_t { kNone, kFlush, kInside, kReturned };
struct Shared {  // by worker, server and program
  std::atomic<uint32_t> step;
  std::atomic<int> pid, error, exec_error;  // of the program; of the server's look; of execve()
};
Shared* shared;
hang_child server, program;
hang_fd device;
int connection;

// ---- The server. ----

void look_at(const char* file) {
  char path[64], text[256];
  snprintf(path, sizeof path, "/proc/%d/%s", static_cast<int>(shared->pid), file);
  shared->step = kInside;
  const hang_fd of(open(path, O_RDONLY | O_CLOEXEC));
  if (of < 0 || read(of, text, sizeof text) < 0) shared->error = errno;
  shared->step = kReturned;
}
void* look_thread(void*) {
  look_at("stack");
  return nullptr;
}
/// What the server does before it answers.
int choose(uint32_t opcode) {
  pthread_t thread;
  if (opcode != FUSE_FLUSH) return HANG_FUSE_ANSWER;
  shared->step = kFlush;
  if (hang_is("silent")) return HANG_FUSE_WITHHOLD;
  if (hang_is("thread")) {
    if (pthread_create(&thread, nullptr, look_thread, nullptr) != 0) _exit(1);
  } else {
    look_at(hang_is("environ") ? "environ" : hang_is("status") ? "status" : "stack");
  }
  return HANG_FUSE_ANSWER;
}
void serve() {
  prctl(PR_SET_NAME, "fuse-server");
  hang_fuse_serve(device, choose);
}

// ---- The program: an exec of itself, which says --help to nobody. ----

void run_program() {
  char name[] = "program", help[] = "--help", *argv[] = {name, help, nullptr}, *none = nullptr;
  shared->pid = getpid();
  prctl(PR_SET_NAME, name);
  const int file = open(HANG_FUSE_PATH, O_RDONLY | O_CLOEXEC);  // fails: no FLUSH
  if (hang_is("close-first")) close(file);
  close(STDOUT_FILENO);
  close(STDERR_FILENO);
  execve("/proc/self/exe", argv, &none);
  shared->exec_error = errno;
}

// ---- The wait. ----

int over() {
  return hang_child_reaped(&program);
}
void nap(int64_t ns) {
  hang_child_wait(&program, ns);
}
/// A request waits for its server only while that can still answer.
void look() {
  const bool inside = shared->step == kInside;
  const bool owes = hang_fuse_waiting(connection) > 0;
  hang_victim("server", server.pid, server.pid, -1, 0);
  // The program is no party: who looks at it blocks as the server does.
  hang_invariant(inside && owes && !over() ? HANG_BROKEN : HANG_HOLDS,
                 "connection %d has %s request waiting; its only server is %s", connection,
                 owes ? "a" : "no", inside ? "in /proc of who waits for it" : "free to answer");
}
int abort_it() {
  return hang_fuse_abort(connection);
}

// ---- The trial. ----

void setup() {
  const char* why = hang_fuse_prepare();
  if (*why != '\0') hang_skip("%s", why);
  if (access("/proc/self/stack", R_OK) != 0) hang_skip("no /proc/PID/stack: CONFIG_STACKTRACE");
  hang_fuse_guard_start();
  shared = static_cast<Shared*>(hang_share(sizeof *shared));
}
int trial() {
  static const hang_wait wait = {over, nap, look, abort_it};
  hang_phase("mount");
  shared->step = kNone;
  shared->error = shared->exec_error = 0;
  connection = hang_fuse_mount(&device);
  hang_child_start(&server, 0, serve);
  device.reset();
  hang_phase("open a file, then exec");
  hang_child_start(&program, 0, run_program);
  hang_await(&wait);
  hang_phase("clean up");
  hang_fuse_abort(connection);  // first: the program cannot be killed
  hang_child_kill(&program);
  hang_child_kill(&server);
  if (!hang_child_ends(&program, 10) || !hang_child_ends(&server, 10))
    hang_fail("left behind: program or server does not die");
  hang_fuse_unmount();
  if (shared->exec_error != 0) hang_fail("execve: %s", strerror(shared->exec_error));
  // A thread may come too late to see the program.
  const bool seen = shared->step == kReturned && shared->error == 0;
  if (hang_parked() || seen || (hang_is("thread") && shared->step != kNone)) return HANG_CLEAN;
  hang_note("FLUSH or the server's look did not come: %s", strerror(shared->error));
  return HANG_INCONCLUSIVE;
}

}  // namespace

HANG_VARIANT(stack, "stack", setup, trial)
HANG_VARIANT(environ, "environ", setup, trial)
HANG_VARIANT(status, "status", setup, trial)
HANG_VARIANT(thread, "thread", setup, trial)
HANG_VARIANT(close_first, "close-first", setup, trial)
HANG_VARIANT(silent, "silent", setup, trial)

int main(int argc, char** argv) {
  return hang_main(argc, argv);
}
