// SPDX-License-Identifier: GPL-2.0-or-later
//
// Two lookalikes and a control. live-daemon: a client waits for the FLUSH that a living daemon does
// not answer. lookup: the daemon is killed while its own LOOKUP is unanswered, so it hangs in
// open() and not in its exit. no-flush: the daemon has refused a FLUSH, so that its exit sends
// none.
#include "../kit/fuse/daemon.h"

// ---- live-daemon. ----

static int withhold_flush(uint32_t opcode) {
  return opcode == FUSE_FLUSH ? HANG_FUSE_WITHHOLD : HANG_FUSE_ANSWER;
}
static void slow_daemon() {
  hang_daemon_serve(withhold_flush, nullptr);
}
static void start_client() {
  hang_child_start(&hang_daemon_helper, 0, slow_daemon);
  hang_daemon_server = hang_daemon_helper.pid;
  hang_daemon_device.reset();
  hang_child_start(&hang_daemon_victim, 0, [] { hang_daemon_hold(); });
  hang_daemon_expect();
}
static void look_at_client() {
  hang_victim("client", hang_daemon_victim.pid, 0, -1, 0);
  hang_partner("daemon", hang_daemon_server, 0);
  hang_daemon_look();
}
static int client_trial() {
  static const hang_wait wait = {hang_daemon_over, hang_daemon_nap, look_at_client,
                                 hang_daemon_abort};
  return hang_daemon_trial(start_client, &wait);
}

// ---- lookup. ----

static int withhold_lookup(uint32_t opcode) {
  if (opcode != FUSE_LOOKUP) return HANG_FUSE_ANSWER;
  hang_daemon_say(0);
  return HANG_FUSE_WITHHOLD;
}
static void lookup_daemon() {
  hang_daemon_serve(withhold_lookup, hang_daemon_thread);
}
static int lookup_trial() {
  return hang_daemon_trial([] { hang_daemon_start(lookup_daemon); }, hang_daemon_wait());
}

// ---- no-flush. ----

/// ENOSYS: from then on the kernel sends none (fc->no_flush, v6.1 fs/fuse/file.c fuse_flush()).
static int refuse_flush(uint32_t opcode) {
  return opcode == FUSE_FLUSH ? ENOSYS : HANG_FUSE_ANSWER;
}
static void* flush_once_and_hold(void*) {
  close(open(HANG_FUSE_PATH, O_RDONLY | O_CLOEXEC));
  hang_daemon_hold();
}
static void refusing_daemon() {
  hang_daemon_serve(refuse_flush, flush_once_and_hold);
}
static int no_flush_trial() {
  return hang_daemon_trial([] { hang_daemon_start(refusing_daemon); }, hang_daemon_wait());
}

HANG_VARIANT(live_daemon, "live-daemon", hang_daemon_setup, client_trial)
HANG_VARIANT(lookup, "lookup", hang_daemon_setup, lookup_trial)
HANG_VARIANT(no_flush, "no-flush", hang_daemon_setup, no_flush_trial)
