// SPDX-License-Identifier: GPL-2.0-or-later
//
// p9_flush_eintr: stat(2) on a 9p mount fails with EINTR though every handler has SA_RESTART. Two
// faults make it: a server that answers a request it was told to forget (QEMU before 2.12), and a
// client that lets any signal interrupt its wait (before 9523feac272c "net/9p: Switch to
// wait_event_killable()", v4.15). No hang but an anomaly.
//
//   client: stat(2)                            server
//   p9_client_rpc(): TWALK tag 1 ------------> holds it
//   SIGUSR1: an interruptible wait ends with ERESTARTSYS,
//     p9_client_flush(): TFLUSH 1, tag 2 ----> before 2.12 QEMU:   as 9P has it:
//                            tag 1 <----------- Rlerror EINTR       forgets the TWALK
//                            tag 2 <----------- Rflush              Rflush
//   an answer to tag 1 that comes before the Rflush counts as the true one: stat() = EINTR;
//   without one the call is ERESTARTSYS, and begins anew when the handler has returned
//
// (net/9p/client.c p9_client_rpc(): "if we received the response anyway, don't signal error".) A
// killable wait goes on: the server is asked to forget nothing, and the handler runs when it has
// answered. So either cure is enough, and only both faults show. No race: the signal comes while
// the server holds the request. Which request that is, when, and how often is chosen at random.
#include <sys/eventfd.h>
#include <sys/stat.h>

#include "../kit/p9/hold.h"
#include "../kit/p9/mount.h"

namespace {

struct Told {  // by the worker and the server; by the client
  hang_p9_hold server;
  std::atomic<int> handled, error, ended;
};
Told* told;
hang_p9_mount connection;
hang_child client;
hang_fd released;  // an eventfd; readable: nothing is held any more
int flushed_before, handled_before;

// ---- The server and its client. ----

void serve() {
  hang_p9_serve_holding(hang_p9_served(&connection), &told->server, released,
                        hang_is("right-answer") ? 0 : EINTR);
}
void handle(int) {
  ++told->handled;
}
void ask() {
  struct sigaction action;
  struct stat info;
  memset(&action, 0, sizeof action);
  action.sa_handler = handle;
  action.sa_flags = SA_RESTART;
  sigaction(SIGUSR1, &action, nullptr);
  const int failed =
      stat(told->server.wanted == HANG_P9_WALK ? "/sys/fs/file" : kHangP9Mount, &info);
  told->error = failed != 0 ? errno : 0;
  told->ended = 1;
}

// ---- The wait, and the signals before it. ----

int over() {
  return hang_child_reaped(&client);
}
void nap(int64_t ns) {
  hang_child_wait(&client, ns);
}
int end_connection() {
  hang_child_kill(&connection.server);
  return connection.server.pid > 0;
}
/// One signal, while the server holds a request. It has come if that is flushed, or if the client
/// sleeps on and does not run its handler (D: it is killable; an interruptible wait would be S).
bool interrupt() {
  if (!hang_until([] { return told->server.held > told->server.flushed || told->ended != 0; }))
    return false;
  const int64_t moment = hang_now() + static_cast<int64_t>(hang_random(200000));
  while (hang_now() < moment) continue;
  flushed_before = told->server.flushed;
  handled_before = told->handled;
  kill(client.pid, SIGUSR1);
  return hang_until([] {
    return told->server.flushed > flushed_before || told->ended != 0 ||
           (hang_state_of(client.pid) == 'D' && told->handled == handled_before);
  });
}

// ---- The trial. ----

void setup() {
  hang_p9_setup();
  told = static_cast<Told*>(hang_share(sizeof *told));
}
int trial() {
  static const hang_wait wait = {over, nap, nullptr, end_connection};
  const uint64_t one = 1, signals = hang_is("no-signal") ? 0 : 1 + hang_random(3);
  told->server.wanted = told->server.held = told->server.flushed = 0;
  told->handled = told->error = told->ended = 0;
  hang_phase("mount");
  released.reset(static_cast<int>(hang_must(eventfd(0, EFD_CLOEXEC), "eventfd")));
  hang_p9_start(&connection, serve);
  told->server.wanted = hang_random(2) != 0 ? HANG_P9_WALK : HANG_P9_GETATTR;
  hang_phase("interrupt");
  hang_child_start(&client, 0, ask);
  bool asked = true;
  for (uint64_t i = 0; i < signals && asked && told->ended == 0; ++i) asked = interrupt();
  hang_phase("answer");
  hang_must(write(released, &one, sizeof one), "write(eventfd)");
  hang_await(&wait);
  hang_p9_end(&connection);
  const int expected = told->server.wanted == HANG_P9_WALK ? ENOENT : 0;
  if (told->error != EINTR) {
    if (!asked || (signals > 0 && told->handled == 0)) return HANG_INCONCLUSIVE;
    if (told->error == expected) return HANG_CLEAN;
    if (hang_parked()) return HANG_INCONCLUSIVE;  // the lever freed it
    hang_fail("stat: %s", strerror(told->error));
  }
  hang_note(
      "stat(2) failed with EINTR, and the only handler, which ran %d times, has SA_RESTART; the "
      "server was told to forget %d of %d requests, type %d",
      told->handled.load(), told->server.flushed.load(), told->server.held.load(),
      told->server.wanted.load());
  return HANG_ANOMALY;
}

}  // namespace

HANG_VARIANT(old_answer, "old-answer", setup, trial)
HANG_VARIANT(right_answer, "right-answer", setup, trial)
HANG_VARIANT(no_signal, "no-signal", setup, trial)

int main(int argc, char** argv) {
  return hang_main(argc, argv);
}
