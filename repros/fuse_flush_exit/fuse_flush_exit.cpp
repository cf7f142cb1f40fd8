// SPDX-License-Identifier: GPL-2.0-or-later
//
// fuse_flush_exit: a FUSE daemon that holds a file on its own mount cannot be killed. Synchronous
// flush at exit: all kernels but 6.3.0 .. 6.4.15 and 6.5.0 .. 6.5.2 (5a8bee63b10f, v6.3-rc1,
// reverted by 91ec6c85599b, v6.6-rc1 and stable).
//
//   last thread of the daemon, SIGKILLed         who would answer
//   do_exit()
//     exit_signals(): PF_EXITING                 the other thread: dead already
//     exit_files() -> put_files_struct()
//       filp_close(file on own mount)
//         fuse_flush(): FLUSH, args.force
//           request_wait_answer():
//             "Wait it out": wait_event() ------> nobody, for ever
//     exit_task_work()                           would close /dev/fuse: fuse_dev_release() ->
//                                                fuse_abort_conn() would end the FLUSH
//
// (kernel/exit.c, fs/fuse/file.c, fs/fuse/dev.c, v6.1.) There is no race: the order of the last two
// steps of do_exit() decides. This process mounts, a child serves and opens, this one kills it and
// waits. It never touches the mount itself.
#include "../kit/child.h"
#include "../kit/fuse/fuse.h"

// What the other files use too.
hang_child flush_victim, flush_helper;  // whose death the trial waits for; a second child
hang_fd flush_device;                   // /dev/fuse, until the children alone have it
int flush_connection, flush_server;     // the one process left that holds the server's side
static std::atomic<uint32_t>* word;     // of a child: 1 + the errno of what failed

void flush_say(int error) {  // a child
  *word = 1 + static_cast<uint32_t>(error);
  hang_futex_wake(word, 0);
}
/// Opens the file and keeps it: its close is the hook. fuse_file_operations has ->flush.
[[noreturn]] void flush_hold() {  // a child
  const int fd = open(HANG_FUSE_PATH, O_RDONLY | O_CLOEXEC);
  flush_say(fd < 0 ? errno : 0);
  for (;;) pause();
}
/// Serves, and runs `thread` beside: what it opens needs the first thread to answer.
[[noreturn]] void flush_serve(int (*choose)(uint32_t opcode), void* (*thread)(void*)) {  // a child
  pthread_attr_t attributes;
  pthread_t second;
  prctl(PR_SET_NAME, "fuse-daemon");
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 128 * 1024);
  const int error = thread != nullptr ? pthread_create(&second, &attributes, thread, nullptr) : 0;
  if (error != 0) flush_say(error);
  hang_fuse_serve(flush_device, choose);
  _exit(0);
}
int flush_answer(uint32_t) {
  return HANG_FUSE_ANSWER;
}
void* flush_thread(void*) {
  flush_hold();
}
void flush_daemon() {
  flush_serve(flush_answer, flush_thread);
}

/// Waits until a child says that the victim stands where the kill is to hit it.
void flush_expect() {
  flush_device.reset();
  const int64_t deadline = hang_now() + 10000000000LL;  // 0.2 ms do on a machine at rest
  while (*word == 0 && hang_now() < deadline) hang_futex_wait(word, 0, 100000000, 0);
  if (*word == 1) return;
  hang_fuse_abort(flush_connection);  // a daemon with a file of its own wedges by being killed
  if (*word == 0) hang_fail("the children did not get ready");
  hang_fail("a child could not open the file: %s", strerror(static_cast<int>(*word) - 1));
}
void flush_start(void (*daemon)()) {  // the daemon is the victim
  hang_child_start(&flush_victim, 0, daemon);
  flush_server = flush_victim.pid;
  flush_expect();
}

int flush_over() {
  return hang_child_reaped(&flush_victim);
}
void flush_nap(int64_t ns) {
  hang_child_wait(&flush_victim, ns);
}
/// No request waits unless somebody can still answer it. Who holds the server's side is known by
/// construction: /proc/PID/fd of an exiting process is empty although its files are still open
/// (v6.1 kernel/exit.c exit_files() clears task->files first).
void flush_look() {
  static const char* const words[] = {"lives", "has been killed but has not begun to exit",
                                      "is exiting", "is gone"};
  static const uint32_t status[] = {HANG_HOLDS, HANG_UNKNOWN, HANG_BROKEN, HANG_BROKEN};
  const long waiting = hang_fuse_waiting(flush_connection);
  if (waiting < 0)
    return hang_invariant(HANG_UNKNOWN, "connection %d cannot be read", flush_connection);
  if (waiting == 0)
    return hang_invariant(HANG_HOLDS, "connection %d has no request waiting", flush_connection);
  const hang_life life = hang_life_of(flush_server);
  hang_invariant(status[life],
                 "connection %d has %ld request%s waiting and its only server, process %d, %s",
                 flush_connection, waiting, waiting > 1 ? "s" : "", flush_server, words[life]);
}
static void look() {
  hang_victim("daemon", flush_victim.pid, 0, -1, 0);
  flush_look();
}
int flush_abort() {
  return !hang_chose("rescue", "none") && hang_fuse_abort(flush_connection);
}
extern const hang_wait flush_wait;
const hang_wait flush_wait = {flush_over, flush_nap, look, flush_abort};

/// Abort first: a daemon with a file of its own wedges by being killed.
static void clean_up() {
  hang_fuse_abort(flush_connection);
  hang_child_kill(&flush_victim);
  hang_child_kill(&flush_helper);
  if (!hang_child_ends(&flush_victim, 10)) hang_fail("left behind: the victim does not die");
  if (!hang_child_ends(&flush_helper, 10)) hang_fail("left behind: the daemon does not die");
  hang_fuse_unmount();
}

/// The steps of a trial follow each other from task to task, so one CPU does them without a wake-up
/// across CPUs. Children inherit it.
void flush_setup() {
  const char* why = hang_fuse_prepare();
  if (*why != '\0') hang_skip("%s", why);
  if (!hang_chose("cpu", "any") && *hang_place(0, hang_cpu(hang_lane()), SCHED_OTHER) != '\0')
    hang_must(-1, "sched_setaffinity");
  hang_fuse_guard_start();
  word = static_cast<std::atomic<uint32_t>*>(hang_share(sizeof *word));
}
int flush_trial(void (*begin)(), const hang_wait* wait) {
  hang_phase("mount");
  *word = 0;
  flush_connection = hang_fuse_mount(&flush_device);
  hang_phase("start the daemon and open the file");
  begin();
  hang_phase("kill and wait for the exit");
  hang_child_kill(&flush_victim);
  hang_await(wait);
  hang_phase("clean up");
  clean_up();
  return HANG_CLEAN;
}
static int trial() {
  return flush_trial([] { flush_start(flush_daemon); }, &flush_wait);
}
HANG_VARIANT(self_held, "self-held", flush_setup, trial)
int main(int argc, char** argv) {
  return hang_main(argc, argv);
}
