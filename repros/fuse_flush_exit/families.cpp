// SPDX-License-Identifier: GPL-2.0-or-later
//
// The same wait in a family of processes. pid-namespace: the daemon dies with its namespace, whose
// init waits for it in zap_pid_ns_processes(). inherited-fd: the daemon dies alone, and its heir, a
// child that has inherited /dev/fuse and holds a file, is the last one that could answer.
#include "flush_exit.h"

static std::atomic<int>* told;  // the pid of the last server, as the worker sees it

// ---- pid-namespace. ----

/// A child of the namespace's init, and alone on the server's side.
static void inner_daemon() {
  char pid[16] = "";
  // Our pid in the namespace of /proc, which is the worker's.
  if (readlink("/proc/self", pid, sizeof pid - 1) < 0) flush_say(errno);
  *told = atoi(pid);
  flush_daemon();
}
static void namespace_init() {
  prctl(PR_SET_NAME, "fuse-ns-init");
  hang_child_start(&flush_helper, 0, inner_daemon);
  flush_device.reset();
  for (;;) pause();
}
static void start_namespace() {
  hang_child_start(&flush_victim, CLONE_NEWPID, namespace_init);
  flush_expect();
  flush_server = *told;
}
static void look_at_namespace() {
  hang_victim("daemon", flush_server, 0, -1, 0);
  hang_victim("init", flush_victim.pid, 0, -1, 0);
  flush_look();
}
static void setup() {
  flush_setup();
  told = static_cast<std::atomic<int>*>(hang_share(sizeof *told));
}
static void setup_namespace() {
  if (access("/proc/self/ns/pid", F_OK) != 0)
    hang_skip("no pid namespaces, or no /proc: boot a kernel with CONFIG_PID_NS, mount /proc");
  setup();
}
static int namespace_trial() {
  static const hang_wait wait = {flush_over, flush_nap, look_at_namespace, flush_abort};
  return flush_trial(start_namespace, &wait);
}

// ---- inherited-fd. ----

static void heir() {
  prctl(PR_SET_NAME, "fuse-heir");
  *told = getpid();
  flush_hold();
}
/// The heir is a sibling and not a child: the worker wants to wait for it when the daemon is gone.
static void daemon_with_heir() {
  hang_child_start(&flush_victim, CLONE_PARENT, heir);
  flush_serve(flush_answer, nullptr);
}
/// The daemon holds no file, so it dies like anybody. Before it has, its thread would answer.
static void start_heir() {
  hang_child_start(&flush_helper, 0, daemon_with_heir);
  flush_expect();
  flush_server = *told;
  hang_child_adopt(&flush_victim, flush_server);
  hang_child_kill(&flush_helper);
  if (!hang_child_ends(&flush_helper, 10)) hang_fail("the daemon does not die");
}
static void look_at_heir() {
  hang_victim("heir", flush_victim.pid, 0, -1, 0);
  flush_look();
}
static int heir_trial() {
  static const hang_wait wait = {flush_over, flush_nap, look_at_heir, flush_abort};
  return flush_trial(start_heir, &wait);
}

HANG_VARIANT(pid_namespace, "pid-namespace", setup_namespace, namespace_trial)
HANG_VARIANT(inherited_fd, "inherited-fd", setup, heir_trial)
