// SPDX-License-Identifier: GPL-2.0-or-later
//
// fuse_init_server_dies: a FUSE server dies while it handles a synchronous FUSE_INIT
// (FUSE_DEV_IOC_SYNC_INIT, v6.18), and mount(2) waits for its answer for ever.
//
//   mounting thread                              server
//   mount(2): fuse_send_init(): INIT ----------> reads it, and dies: its descriptor is closed, but
//     request_wait_answer(): sleeps              /dev/fuse is not, since who mounts holds it open
//
// (v6.18 fs/fuse/inode.c, fs/fuse/dev.c.) mount() does not wait for an asynchronous INIT. Until
// "fuse: abort on fatal signal during sync init" (204aa22a686b) the request was forced, so that
// SIGKILL did not end the wait either: a daemon that mounts in one thread and serves in another
// cannot be killed. Since then SIGKILL aborts the connection; who mounts in a process that lives
// still waits, on every kernel.
//
// No path names the connection yet: its folder in fusectl is found by the user_id of the mount.
#include <sys/ioctl.h>

#include "../kit/child.h"
#include "../kit/fuse/fuse.h"

namespace {

struct Told {
  std::atomic<int> read, mounted;  // INIT; mount() came back: 1 + its error
};
Told* told;
hang_child server, mounter;  // with threads of one process only the server
hang_fd device;
int connection;
bool thread, killed;    // one process serves and mounts; who mounts was killed
unsigned owner, group;  // of the connection: this worker, this trial

// ---- Server and mounter. ----

int choose(uint32_t opcode) {
  if (opcode != FUSE_INIT || hang_is("answers")) return HANG_FUSE_ANSWER;
  told->read = 1;
  return HANG_FUSE_WITHHOLD;
}
void* mount_it(void*) {
  char options[128];
  snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=%u,group_id=%u",
           static_cast<int>(device), owner, group);
  const int done = mount(hang_mark(), HANG_FUSE_MOUNT, "fuse", MS_NOSUID | MS_NODEV, options);
  told->mounted = done != 0 ? 1 + errno : 1;
  return nullptr;
}
void run_server() {
  pthread_t second;
  prctl(PR_SET_NAME, "fuse-server");
  if (thread && pthread_create(&second, nullptr, mount_it, nullptr) != 0) _exit(1);
  while (hang_fuse_serve(device, choose) == EPERM) hang_nap(100000);  // not mounted yet
}
void open_device() {
  const int made = open("/dev/fuse", O_RDWR | O_CLOEXEC);
  device.reset(static_cast<int>(hang_must(made, "open(/dev/fuse)")));
  if (hang_is("async") || ioctl(device, _IO(229, 3) /* FUSE_DEV_IOC_SYNC_INIT */) == 0) return;
  if (errno != ENOTTY && errno != EINVAL) hang_must(-1, "ioctl(FUSE_DEV_IOC_SYNC_INIT)");
  hang_skip("not applicable: no FUSE_DEV_IOC_SYNC_INIT here, it came with v6.18");
}
/// A mount that failed gives its number away: it may be that of somebody else by now.
int abort_it() {
  return hang_fuse_abort_meant(connection, {0, owner, group});
}

// ---- The wait. ----

int over() {
  return hang_child_reaped(thread ? &server : &mounter);
}
void nap(int64_t ns) {
  hang_child_wait(thread ? &server : &mounter, ns);
}
/// A request waits only while its server can answer it.
void look() {
  const bool waits = hang_fuse_waiting(connection) > 0 && told->mounted == 0;
  const bool dying = server.pid != 0 && hang_life_of(server.pid) != HANG_ALIVE;
  const bool dead = thread ? dying && hang_threads_of(server.pid) < 2 : server.pid == 0;
  hang_victim("mounter", thread ? server.pid : mounter.pid, 0, -1, 0);
  hang_invariant(dead && waits ? HANG_BROKEN : HANG_HOLDS,
                 "connection %d: INIT %s, its server is %s, who mounts was %skilled", connection,
                 waits ? "waits" : "is over", dead ? "dead" : "there", killed ? "" : "not ");
}

// ---- The trial. ----

void setup() {
  const char* why = hang_fuse_prepare();
  if (*why != '\0') hang_skip("%s", why);
  open_device();
  hang_fuse_guard_start();
  told = static_cast<Told*>(hang_share(sizeof *told));
  thread = hang_is("thread");
  owner = 100000 + static_cast<unsigned>(getpid());
}
int trial() {
  static const hang_wait wait = {over, nap, look, abort_it};
  const bool mounts = hang_is("answers") || hang_is("async");
  told->read = told->mounted = 0;
  ++group;
  open_device();
  hang_fuse_guard_mount(owner, group);
  hang_phase("mount");
  hang_child_start(&server, 0, run_server);
  if (!thread) hang_child_start(&mounter, 0, [] { mount_it(nullptr); });
  device.reset();
  const bool came = hang_until([=] { return (mounts ? told->mounted : told->read) != 0; });
  connection = hang_fuse_find(owner, group);
  const bool ready = connection != 0 && came;
  hang_fuse_guard(connection);
  hang_phase("the server dies");
  hang_child_kill(&server);
  if (!thread && !hang_child_ends(&server, 10)) hang_fail("left behind: the server");
  killed = thread || hang_is("killed");
  if (killed) hang_child_kill(&mounter);
  if (ready) hang_await(&wait);
  hang_phase("clean up");
  abort_it();
  hang_child_kill(&mounter);
  if (!hang_child_ends(&server, 10) || !hang_child_ends(&mounter, 10))
    hang_fail("left behind: who mounts");
  umount2(HANG_FUSE_MOUNT, MNT_DETACH | UMOUNT_NOFOLLOW);  // fails where the mount did
  hang_fuse_guard(0);
  if (mounts && told->mounted > 1) hang_fail("mount: %s", strerror(told->mounted - 1));
  if (ready) return HANG_CLEAN;
  return hang_note("INIT or its connection was not found"), HANG_INCONCLUSIVE;
}

}  // namespace

HANG_VARIANT(thread_, "thread", setup, trial)
HANG_VARIANT(killed_, "killed", setup, trial)
HANG_VARIANT(waits, "waits", setup, trial)
HANG_VARIANT(answers, "answers", setup, trial)
HANG_VARIANT(async, "async", setup, trial)

int main(int argc, char** argv) {
  return hang_main(argc, argv);
}
