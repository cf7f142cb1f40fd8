// SPDX-License-Identifier: GPL-2.0-or-later
//
// The frame of trials in which a FUSE daemon dies while a request of its own waits for it: the
// worker mounts, a child serves and opens, the worker kills a child and waits for its exit. It
// never touches the mount itself. What the files of a program share is weak, as in hang.h.
#pragma once

#include "../child.h"
#include "fuse.h"

__attribute__((weak)) hang_child hang_daemon_victim;  // whose death the trial waits for
__attribute__((weak)) hang_child hang_daemon_helper;  // a second child
__attribute__((weak)) hang_fd hang_daemon_device;     // /dev/fuse, until the children alone have it
__attribute__((weak)) int hang_daemon_connection;
__attribute__((weak)) int hang_daemon_server;  // the one process left that holds the server's side
__attribute__((weak)) std::atomic<uint32_t>* hang_daemon_word;  // of a child: 1 + the errno

inline void hang_daemon_say(int error) {  // a child
  *hang_daemon_word = 1 + static_cast<uint32_t>(error);
  hang_futex_wake(hang_daemon_word, 0);
}
/// Opens the file and keeps it: its close is the hook. fuse_file_operations has ->flush.
[[noreturn]] inline void hang_daemon_hold() {  // a child
  const int fd = open(HANG_FUSE_PATH, O_RDONLY | O_CLOEXEC);
  hang_daemon_say(fd < 0 ? errno : 0);
  for (;;) pause();
}
/// Serves, and runs `thread` beside: what it opens needs the first thread to answer.
[[noreturn]] inline void hang_daemon_serve(int (*choose)(uint32_t opcode),
                                           void* (*thread)(void*)) {  // a child
  pthread_attr_t attributes;
  pthread_t second;
  prctl(PR_SET_NAME, "fuse-daemon");
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 128 * 1024);
  const int error = thread != nullptr ? pthread_create(&second, &attributes, thread, nullptr) : 0;
  if (error != 0) hang_daemon_say(error);
  hang_fuse_serve(hang_daemon_device, choose);
  _exit(0);
}
inline int hang_daemon_answer(uint32_t) {
  return HANG_FUSE_ANSWER;
}
inline void* hang_daemon_thread(void*) {
  hang_daemon_hold();
}
inline void hang_daemon_run() {
  hang_daemon_serve(hang_daemon_answer, hang_daemon_thread);
}

/// Waits until a child says that the victim stands where the kill is to hit it.
inline void hang_daemon_expect() {
  hang_daemon_device.reset();
  const int64_t deadline = hang_now() + 10000000000LL;  // 0.2 ms do on a machine at rest
  while (*hang_daemon_word == 0 && hang_now() < deadline)
    hang_futex_wait(hang_daemon_word, 0, 100000000, 0);
  if (*hang_daemon_word == 1) return;
  hang_fuse_abort(
      hang_daemon_connection);  // a daemon with a file of its own wedges by being killed
  if (*hang_daemon_word == 0) hang_fail("the children did not get ready");
  hang_fail("a child could not open the file: %s",
            strerror(static_cast<int>(*hang_daemon_word) - 1));
}
inline void hang_daemon_start(void (*daemon)()) {  // the daemon is the victim
  hang_child_start(&hang_daemon_victim, 0, daemon);
  hang_daemon_server = hang_daemon_victim.pid;
  hang_daemon_expect();
}

inline int hang_daemon_over() {
  return hang_child_reaped(&hang_daemon_victim);
}
inline void hang_daemon_nap(int64_t ns) {
  hang_child_wait(&hang_daemon_victim, ns);
}
/// No request waits unless somebody can still answer it. Who holds the server's side is known by
/// construction: /proc/PID/fd of an exiting process is empty although its files are still open
/// (v6.1 kernel/exit.c exit_files() clears task->files first).
inline void hang_daemon_look() {
  const long waiting = hang_fuse_waiting(hang_daemon_connection);
  if (waiting < 0)
    return hang_invariant(HANG_UNKNOWN, "connection %d cannot be read", hang_daemon_connection);
  if (waiting == 0)
    return hang_invariant(HANG_HOLDS, "connection %d has no request waiting",
                          hang_daemon_connection);
  const hang_life life = hang_life_of(hang_daemon_server);
  hang_invariant(hang_answerable(life),
                 "connection %d has %ld request%s waiting and its only server, process %d, %s",
                 hang_daemon_connection, waiting, waiting > 1 ? "s" : "", hang_daemon_server,
                 hang_life_words(life));
}
inline void hang_daemon_look_at_it() {
  hang_victim("daemon", hang_daemon_victim.pid, 0, -1, 0);
  hang_daemon_look();
}
inline int hang_daemon_abort() {
  return !hang_chose("rescue", "none") && hang_fuse_abort(hang_daemon_connection);
}
/// For a victim that is the daemon.
inline const hang_wait* hang_daemon_wait() {
  static const hang_wait wait = {hang_daemon_over, hang_daemon_nap, hang_daemon_look_at_it,
                                 hang_daemon_abort};
  return &wait;
}

/// Abort first: a daemon with a file of its own wedges by being killed.
inline void hang_daemon_clean_up() {
  hang_fuse_abort(hang_daemon_connection);
  hang_child_kill(&hang_daemon_victim);
  hang_child_kill(&hang_daemon_helper);
  if (!hang_child_ends(&hang_daemon_victim, 10)) hang_fail("left behind: the victim does not die");
  if (!hang_child_ends(&hang_daemon_helper, 10)) hang_fail("left behind: the daemon does not die");
  hang_fuse_unmount();
}

/// The steps of a trial follow each other from task to task, so one CPU does them without a wake-up
/// across CPUs. Children inherit it.
inline void hang_daemon_setup() {
  const char* why = hang_fuse_prepare();
  if (*why != '\0') hang_skip("%s", why);
  if (!hang_chose("cpu", "any") && *hang_place(0, hang_cpu(hang_lane()), SCHED_OTHER) != '\0')
    hang_must(-1, "sched_setaffinity");
  hang_fuse_guard_start();
  hang_daemon_word = static_cast<std::atomic<uint32_t>*>(hang_share(sizeof *hang_daemon_word));
}
inline int hang_daemon_trial(void (*begin)(), const hang_wait* wait) {
  hang_phase("mount");
  *hang_daemon_word = 0;
  hang_daemon_connection = hang_fuse_mount(&hang_daemon_device);
  hang_phase("start the daemon and open the file");
  begin();
  hang_phase("kill and wait for the exit");
  hang_child_kill(&hang_daemon_victim);
  hang_await(wait);
  hang_phase("clean up");
  hang_daemon_clean_up();
  return HANG_CLEAN;
}
