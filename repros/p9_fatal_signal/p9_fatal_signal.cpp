// SPDX-License-Identifier: GPL-2.0-or-later
//
// p9_fatal_signal: a process that is killed while it waits for the answer of a 9P server that does
// not answer cannot die. 6b4f48728faa (v7.2-rc1, 6.1.178, 6.12.100) ends a loop on fatal signals in
// this function, but not this wait: 6.1.192 hangs as 6.1.174 does.
//
//   client: stat(2) below the mount            server
//   p9_client_rpc(): TWALK ------------------> has read it, does not answer
//   SIGKILL: the killable wait ends,
//     clear_thread_flag(TIF_SIGPENDING)
//     p9_client_flush():
//       p9_client_rpc(): TFLUSH -------------> has read it, does not answer
//         wait_event_killable(): sleeps, for with the flag cleared no SIGKILL seems to be pending
//
// (net/9p/client.c p9_client_rpc().) A server that answers TFLUSH lets the client die; so does the
// end of the connection, and that is the lever. No race: the server says when it has the request,
// and the kill comes then.
#include <sys/stat.h>

#include "../kit/p9/mount.h"

namespace {

struct Told {  // by the server, and by the client that it was answered
  std::atomic<int> walks, withheld_flushes, answered;
};
Told* told;
hang_p9_mount connection;
hang_child client;
bool killed;

// ---- The server and its client. ----

int choose(uint8_t type) {
  if (type == HANG_P9_WALK) ++told->walks;
  if (type == HANG_P9_FLUSH && hang_is("flush-answered")) return HANG_P9_ANSWER;
  if (type == HANG_P9_FLUSH) {
    ++told->withheld_flushes;
    return HANG_P9_WITHHOLD;
  }
  return type == HANG_P9_WALK && !hang_is("walk-answered") ? HANG_P9_WITHHOLD : HANG_P9_ANSWER;
}
void serve() {
  hang_p9_serve(hang_p9_served(&connection), choose);
}
void look_up() {
  struct stat info;
  stat("/sys/fs/file", &info);
  told->answered = 1;
  for (;;) pause();
}

// ---- The wait. ----

int over() {
  return hang_child_reaped(&client);
}
void nap(int64_t ns) {
  hang_child_wait(&client, ns);
}
/// A killed task waits for no server that owes it an answer for good; one that is about to answer,
/// however slow, is no hang.
void look() {
  hang_victim("client", client.pid, 0, -1, 0);
  hang_partner("server", connection.server.pid, 0);
  hang_invariant(killed && !over() && told->withheld_flushes > 0 ? HANG_BROKEN : HANG_HOLDS,
                 "the client %s; the server withholds the answers to %d TFLUSH of it",
                 killed ? "was killed" : "was not killed", told->withheld_flushes.load());
}
int end_connection() {
  hang_child_kill(&connection.server);
  return connection.server.pid > 0;
}

// ---- The trial. ----

void setup() {
  hang_p9_setup();
  told = static_cast<Told*>(hang_share(sizeof *told));
}
int trial() {
  static const hang_wait wait = {over, nap, look, end_connection};
  killed = false;
  told->walks = told->withheld_flushes = told->answered = 0;
  hang_phase("mount");
  hang_p9_start(&connection, serve);
  hang_phase("look up a name");
  hang_child_start(&client, 0, look_up);
  const bool asked =
      hang_until([] { return (hang_is("walk-answered") ? told->answered : told->walks) > 0; });
  hang_phase("kill");
  killed = true;
  hang_child_kill(&client);
  hang_await(&wait);
  hang_phase("clean up");
  hang_p9_end(&connection);
  return asked ? HANG_CLEAN : HANG_INCONCLUSIVE;
}

}  // namespace

HANG_VARIANT(withheld, "withheld", setup, trial)
HANG_VARIANT(flush_answered, "flush-answered", setup, trial)
HANG_VARIANT(walk_answered, "walk-answered", setup, trial)

int main(int argc, char** argv) {
  return hang_main(argc, argv);
}
