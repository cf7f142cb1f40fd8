// SPDX-License-Identifier: GPL-2.0-or-later
//
// fuse_lookup_self: a FUSE daemon that is killed while one of its own threads waits for an answer
// from its own mount cannot die. All kernels, by design.
//
//   thread that uses the mount                   thread that serves
//   open(2): fuse_lookup(): LOOKUP ------------> has read it, has not answered yet
//     request_wait_answer()
//   SIGKILL of the process: both get it
//     the request is out: the killable wait      exits; its descriptors stay open, since the
//     ends, and the last wait, "Wait it out",    other thread shares them, so nothing aborts
//     ends by an answer alone                    the connection
//
// (v6.1 fs/fuse/dev.c request_wait_answer().) No flush is needed, no exit has begun: the thread
// still is in open(2). Every request has this wait. A daemon gets there if a plug-in, a logger or a
// child of its own looks at a path below its mount. Only an abort of the connection frees it.
#include "../kit/fuse/daemon.h"

static uint32_t withheld;  // the opcode that the server does not answer

static int withhold(uint32_t opcode) {
  if (opcode != withheld) return HANG_FUSE_ANSWER;
  hang_daemon_say(0);
  return HANG_FUSE_WITHHOLD;
}
static void* look_up(void*) {
  struct stat info;
  hang_daemon_say(stat(HANG_FUSE_PATH, &info) == 0 ? 0 : errno);
  for (;;) pause();
}
static void* read_file(void*) {
  char byte;
  const int fd = open(HANG_FUSE_PATH, O_RDONLY | O_CLOEXEC);
  hang_daemon_say(fd >= 0 && read(fd, &byte, 1) >= 0 ? 0 : errno);
  for (;;) pause();
}
static void lookup_daemon() {
  withheld = FUSE_LOOKUP;
  hang_daemon_serve(withhold, look_up);
}
static void read_daemon() {
  withheld = FUSE_READ;
  hang_daemon_serve(withhold, read_file);
}
static void answering_daemon() {
  hang_daemon_serve(hang_daemon_answer, look_up);
}

/// Nobody answers once all threads of the only server are killed and the one that waits is left.
static void look() {
  const int server = hang_daemon_server, left = hang_threads_of(server);
  const long waiting = hang_fuse_waiting(hang_daemon_connection);
  const bool killed = hang_life_of(server) != HANG_ALIVE;
  hang_victim("daemon", hang_daemon_victim.pid, 0, -1, 0);
  hang_invariant(!killed || waiting <= 0 ? HANG_HOLDS
                 : left <= 1             ? HANG_BROKEN
                                         : HANG_UNKNOWN,
                 "connection %d has %ld request%s waiting, and %d thread%s of its only server %s",
                 hang_daemon_connection, waiting, waiting == 1 ? "" : "s", left,
                 left == 1 ? "" : "s", killed ? "left, killed" : "alive");
}
static int run(void (*daemon)()) {
  static const hang_wait wait = {hang_daemon_over, hang_daemon_nap, look, hang_daemon_abort};
  static void (*chosen)();
  chosen = daemon;
  return hang_daemon_trial([] { hang_daemon_start(chosen); }, &wait);
}
static int lookup_trial() {
  return run(lookup_daemon);
}
static int read_trial() {
  return run(read_daemon);
}
static int answered_trial() {
  return run(answering_daemon);
}

HANG_VARIANT(lookup, "lookup", hang_daemon_setup, lookup_trial)
HANG_VARIANT(read, "read", hang_daemon_setup, read_trial)
HANG_VARIANT(answered, "answered", hang_daemon_setup, answered_trial)

int main(int argc, char** argv) {
  return hang_main(argc, argv);
}
