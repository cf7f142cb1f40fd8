// SPDX-License-Identifier: GPL-2.0-or-later
//
// p9_clunk_exit: a 9P server that holds a file on its own mount, or has its working directory
// there, cannot be killed: its exit gives the file back to the server, and waits.
//
//   last thread of the server, SIGKILLed            who would answer
//   do_exit()
//     exit_files(): closes socket and file; what that releases is task work
//     exit_fs(): gives back the working directory (cwd: v9fs_dentry_release(), as below)
//     exit_task_work(), the last that came first
//       __fput(file): v9fs_dir_release()
//         p9_client_clunk(): TCLUNK
//           p9_client_rpc(): killable wait -------> nobody: this is the server
//       __fput(socket)                              would end the connection, and so the wait
//
// (v6.1 kernel/exit.c, kernel/task_work.c, fs/9p/vfs_dir.c, net/9p/client.c.) The thread's own
// SIGKILL was taken by get_signal(), and an exiting task gets no other (wants_signal()). So a file
// hangs if its descriptor has a higher number than the socket, for files are closed in order and
// released in the opposite one; the working directory does whatever the numbers are, unless another
// thread released the socket before. The worker keeps the client's end: to shut it down is the
// lever.
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "../kit/life.h"
#include "../kit/p9/guard.h"

namespace {

constexpr int kServed = 100;  // the number of the server's end; that of the file is next to it
constexpr const char* kFolder = "/sys/fs/folder";  // kHangP9Folder, mounted
struct Told {  // by the worker; by its children, of them held: 1 + the errno
  std::atomic<int> mounted, dies;
  std::atomic<int> held, heir, withheld;
};
Told* told;
hang_p9_mount connection;
hang_p9_mailbox mailbox;
hang_child client, heir;  // of live-server and of heir

// ---- Who holds the folder, and who serves. ----

bool hold() {
  if (hang_is("cwd")) return chdir(kFolder) == 0;
  const hang_fd fd(open(kFolder, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const int number = hang_is("socket-first") ? kServed - 1 : kServed + 1;
  return fd >= 0 && dup3(fd, number, O_CLOEXEC) == number;
}
void hold_folder() {
  hang_until([] { return told->mounted != 0; }, 10);
  told->held = 1 + (hold() ? 0 : errno);
  for (;;) pause();
}
void* hold_thread(void*) {
  hold_folder();
  return nullptr;
}
int choose(uint8_t type) {
  if (!hang_is("live-server") || type != HANG_P9_CLUNK || told->dies == 0) return HANG_P9_ANSWER;
  ++told->withheld;
  return HANG_P9_WITHHOLD;
}
void serve_on() {
  told->heir = getpid();
  hang_until([] { return told->dies != 0; }, 60);
  hang_p9_serve(kServed, choose);
}
void serve() {
  pthread_t holder;
  if (dup3(hang_p9_served(&connection), kServed, O_CLOEXEC) < 0) return;
  connection.server_end.reset();
  if (hang_is("heir")) hang_child_start(&heir, CLONE_PARENT, serve_on);
  if (!hang_is("live-server") && pthread_create(&holder, nullptr, hold_thread, nullptr) != 0)
    return;
  hang_p9_serve(kServed, choose);
}

// ---- The wait. ----

hang_child* victim() {
  return hang_is("live-server") ? &client : &connection.server;
}
int over() {
  return hang_child_reaped(victim());
}
void nap(int64_t ns) {
  hang_child_wait(victim(), ns);
}
/// No request waits unless somebody can still answer it. What the kernel has sent and nobody has
/// read shows in the client's end.
void look() {
  const char* role = hang_is("live-server") ? "client" : "server";
  int unread = 0;
  hang_victim(role, victim()->pid, 0, -1, 0);
  if (ioctl(connection.kernel_end, SIOCOUTQ, &unread) != 0)
    return hang_invariant(HANG_UNKNOWN, "SIOCOUTQ: %s", strerror(errno));
  if (unread == 0 && told->withheld == 0)
    return hang_invariant(HANG_HOLDS, "the server has read and answered every request");
  const int server = heir.pid > 0 ? heir.pid : connection.server.pid;
  const hang_life life = hang_life_of(server);
  hang_invariant(hang_answerable(life), "a request is %s, and its only server, process %d, %s",
                 unread > 0 ? "unread" : "unanswered", server, hang_life_words(life));
}
int cut() {
  return hang_p9_cut(&connection);
}

// ---- The trial. ----

void setup() {
  hang_p9_setup();
  told = static_cast<Told*>(hang_share(sizeof *told));
  hang_p9_guard_start(&mailbox);
}
int trial() {
  static const hang_wait wait = {over, nap, look, cut};
  told->mounted = told->dies = told->held = told->heir = told->withheld = 0;
  hang_phase("mount");
  hang_p9_start(&connection, serve);
  hang_p9_guard(&mailbox, &connection);
  hang_phase("hold the folder");
  if (hang_is("live-server")) hang_child_start(&client, 0, hold_folder);
  told->mounted = 1;
  if (!hang_until([] { return told->held != 0 && (told->heir != 0 || !hang_is("heir")); }, 10))
    hang_fail("the children did not get ready");
  if (told->held > 1) hang_fail("the folder cannot be held: %s", strerror(told->held - 1));
  if (told->heir != 0) hang_child_adopt(&heir, told->heir);
  hang_phase("kill and wait for the exit");
  told->dies = 1;
  hang_child_kill(victim());
  hang_await(&wait);
  hang_phase("clean up");
  hang_p9_end(&connection);
  hang_child_kill(&heir);
  if (!hang_child_ends(&heir, 10)) hang_fail("the heir cannot be killed");
  hang_p9_unguard(&mailbox);
  return HANG_CLEAN;
}

}  // namespace

HANG_VARIANT(self_held, "self-held", setup, trial)
HANG_VARIANT(cwd, "cwd", setup, trial)
HANG_VARIANT(live_server, "live-server", setup, trial)
HANG_VARIANT(socket_first, "socket-first", setup, trial)
HANG_VARIANT(heir_serves, "heir", setup, trial)

int main(int argc, char** argv) {
  return hang_main(argc, argv);
}
