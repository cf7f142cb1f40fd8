// SPDX-License-Identifier: GPL-2.0-or-later
//
// Two lookalikes and a control. live-daemon: a client waits for the FLUSH that a living daemon does
// not answer. lookup: the daemon is killed while its own LOOKUP is unanswered, so it hangs in
// open() and not in its exit. no-flush: the daemon has refused a FLUSH, so that its exit sends
// none.
#include "flush_exit.h"

// ---- live-daemon. ----

static int withhold_flush(uint32_t opcode) {
  return opcode == FUSE_FLUSH ? HANG_FUSE_WITHHOLD : HANG_FUSE_ANSWER;
}
static void slow_daemon() {
  flush_serve(withhold_flush, nullptr);
}
static void start_client() {
  hang_child_start(&flush_helper, 0, slow_daemon);
  flush_server = flush_helper.pid;
  flush_device.reset();
  hang_child_start(&flush_victim, 0, [] { flush_hold(); });
  flush_expect();
}
static void look_at_client() {
  hang_victim("client", flush_victim.pid, 0, -1, 0);
  hang_partner("daemon", flush_server, 0);
  flush_look();
}
static int client_trial() {
  static const hang_wait wait = {flush_over, flush_nap, look_at_client, flush_abort};
  return flush_trial(start_client, &wait);
}

// ---- lookup. ----

static int withhold_lookup(uint32_t opcode) {
  if (opcode != FUSE_LOOKUP) return HANG_FUSE_ANSWER;
  flush_say(0);
  return HANG_FUSE_WITHHOLD;
}
static void lookup_daemon() {
  flush_serve(withhold_lookup, flush_thread);
}
static int lookup_trial() {
  return flush_trial([] { flush_start(lookup_daemon); }, &flush_wait);
}

// ---- no-flush. ----

/// ENOSYS: from then on the kernel sends none (fc->no_flush, v6.1 fs/fuse/file.c fuse_flush()).
static int refuse_flush(uint32_t opcode) {
  return opcode == FUSE_FLUSH ? ENOSYS : HANG_FUSE_ANSWER;
}
static void* flush_once_and_hold(void*) {
  close(open(HANG_FUSE_PATH, O_RDONLY | O_CLOEXEC));
  flush_hold();
}
static void refusing_daemon() {
  flush_serve(refuse_flush, flush_once_and_hold);
}
static int no_flush_trial() {
  return flush_trial([] { flush_start(refusing_daemon); }, &flush_wait);
}

HANG_VARIANT(live_daemon, "live-daemon", flush_setup, client_trial)
HANG_VARIANT(lookup, "lookup", flush_setup, lookup_trial)
HANG_VARIANT(no_flush, "no-flush", flush_setup, no_flush_trial)
