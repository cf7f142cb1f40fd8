// SPDX-License-Identifier: GPL-2.0-or-later
//
// The same wait in a family of processes. pid-namespace: the daemon dies with its namespace, whose
// init waits for it in zap_pid_ns_processes(). inherited-fd: the daemon dies alone, and its heir, a
// child that has inherited /dev/fuse and holds a file, is the last one that could answer.
#include "../kit/fuse/daemon.h"

static std::atomic<int>* told;  // the pid of the last server, as the worker sees it

// ---- pid-namespace. ----

/// A child of the namespace's init, and alone on the server's side.
static void inner_daemon() {
  char pid[16] = "";
  // Our pid in the namespace of /proc, which is the worker's.
  if (readlink("/proc/self", pid, sizeof pid - 1) < 0) hang_daemon_say(errno);
  *told = atoi(pid);
  hang_daemon_run();
}
static void namespace_init() {
  prctl(PR_SET_NAME, "fuse-ns-init");
  hang_child_start(&hang_daemon_helper, 0, inner_daemon);
  hang_daemon_device.reset();
  for (;;) pause();
}
static void start_namespace() {
  hang_child_start(&hang_daemon_victim, CLONE_NEWPID, namespace_init);
  hang_daemon_expect();
  hang_daemon_server = *told;
}
static void look_at_namespace() {
  hang_victim("daemon", hang_daemon_server, 0, -1, 0);
  hang_victim("init", hang_daemon_victim.pid, 0, -1, 0);
  hang_daemon_look();
}
static void setup() {
  hang_daemon_setup();
  told = static_cast<std::atomic<int>*>(hang_share(sizeof *told));
}
static void setup_namespace() {
  if (access("/proc/self/ns/pid", F_OK) != 0)
    hang_skip("no pid namespaces, or no /proc: boot a kernel with CONFIG_PID_NS, mount /proc");
  setup();
}
static int namespace_trial() {
  static const hang_wait wait = {hang_daemon_over, hang_daemon_nap, look_at_namespace,
                                 hang_daemon_abort};
  return hang_daemon_trial(start_namespace, &wait);
}

// ---- inherited-fd. ----

static void heir() {
  prctl(PR_SET_NAME, "fuse-heir");
  *told = getpid();
  hang_daemon_hold();
}
/// The heir is a sibling and not a child: the worker wants to wait for it when the daemon is gone.
static void daemon_with_heir() {
  hang_child_start(&hang_daemon_victim, CLONE_PARENT, heir);
  hang_daemon_serve(hang_daemon_answer, nullptr);
}
/// The daemon holds no file, so it dies like anybody. Before it has, its thread would answer.
static void start_heir() {
  hang_child_start(&hang_daemon_helper, 0, daemon_with_heir);
  hang_daemon_expect();
  hang_daemon_server = *told;
  hang_child_adopt(&hang_daemon_victim, hang_daemon_server);
  hang_child_kill(&hang_daemon_helper);
  if (!hang_child_ends(&hang_daemon_helper, 10)) hang_fail("the daemon does not die");
}
static void look_at_heir() {
  hang_victim("heir", hang_daemon_victim.pid, 0, -1, 0);
  hang_daemon_look();
}
static int heir_trial() {
  static const hang_wait wait = {hang_daemon_over, hang_daemon_nap, look_at_heir,
                                 hang_daemon_abort};
  return hang_daemon_trial(start_heir, &wait);
}

HANG_VARIANT(pid_namespace, "pid-namespace", setup_namespace, namespace_trial)
HANG_VARIANT(inherited_fd, "inherited-fd", setup, heir_trial)
