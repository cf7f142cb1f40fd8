// SPDX-License-Identifier: GPL-2.0-or-later
//
// fuse_inval_lookup: a FUSE server that tells the kernel to forget a name while it owes the answer
// to a LOOKUP in the same directory deadlocks with its own client. All kernels, by design.
//
//   client                                       server, its only thread
//   open(2): lookup_open()
//     inode_lock_shared(directory)
//     fuse_lookup_name(): LOOKUP --------------> reads it, and before it answers: write(2) of
//       request_wait_answer(): sleeps            FUSE_NOTIFY_INVAL_ENTRY, as when another machine
//                                                has changed the file:
//                                                  fuse_reverse_inval_entry():
//                                                    inode_lock(directory): state D, no signal
//                                                    ends it; who would answer sleeps here
//
// (v6.1 fs/namei.c, fs/fuse/dir.c.) Neither can be killed: the client's request is out, so that its
// last wait is unkillable too. The same with data: a READ holds the lock of the folio it is to
// fill, and FUSE_NOTIFY_INVAL_INODE waits for that lock in invalidate_inode_pages2_range(). No race
// here: the server sends it in the very call. In the wild the LOOKUP comes while the notification
// is on its way. Only an abort of the connection frees them.
#include "../kit/child.h"
#include "../kit/fuse/fuse.h"

namespace {

enum Notice : uint32_t { kNone, kInside, kReturned };
struct Shared {  // by worker and server
  std::atomic<uint32_t> notice;
  std::atomic<int> error;  // of the write
};
Shared* shared;
hang_child server, client;
hang_fd device;
int connection;

// ---- The server. ----

/// Writes a message that answers nothing: `unique` is 0, `error` its code.
void notify(int32_t code, const void* body, size_t bytes) {
  struct {
    fuse_out_header header;
    char body[64];
  } message;
  memset(&message, 0, sizeof message);
  memcpy(message.body, body, bytes);
  message.header.len = static_cast<uint32_t>(sizeof message.header + bytes);
  message.header.error = code;
  shared->notice = kInside;
  if (write(device, &message, message.header.len) < 0) shared->error = errno;
  shared->notice = kReturned;
}
void forget_name() {
  struct {
    fuse_notify_inval_entry_out out;
    char name[sizeof HANG_FUSE_FILE];
  } body = {{FUSE_ROOT_ID, sizeof HANG_FUSE_FILE - 1, 0}, HANG_FUSE_FILE};
  notify(FUSE_NOTIFY_INVAL_ENTRY, &body, sizeof body.out + sizeof body.name);
}
void forget_data() {
  const fuse_notify_inval_inode_out body = {HANG_FUSE_NODE, 0, 0};  // all of it
  notify(FUSE_NOTIFY_INVAL_INODE, &body, sizeof body);
}
void* forget_name_thread(void*) {
  forget_name();
  return nullptr;
}
/// What the server does before it answers.
int choose(uint32_t opcode) {
  pthread_t thread;
  if (opcode == FUSE_LOOKUP && hang_is("lookup")) forget_name();
  if (opcode == FUSE_READ && hang_is("read")) forget_data();
  if (opcode == FUSE_OPEN && hang_is("in-open")) forget_name();
  if (opcode == FUSE_LOOKUP && hang_is("thread"))
    pthread_create(&thread, nullptr, forget_name_thread, nullptr);
  return opcode == FUSE_LOOKUP && hang_is("silent") ? HANG_FUSE_WITHHOLD : HANG_FUSE_ANSWER;
}
void serve() {
  prctl(PR_SET_NAME, "fuse-server");
  hang_fuse_serve(device, choose);
}
void use_file() {
  char data[64];
  const hang_fd file(open(HANG_FUSE_PATH, O_RDONLY | O_CLOEXEC));
  if (file < 0 || read(file, data, sizeof data) <= 0) _exit(1);
}

// ---- The wait. ----

int over() {
  return hang_child_reaped(&client);
}
void nap(int64_t ns) {
  hang_child_wait(&client, ns);
}
/// A request waits for its server only while that can still answer.
void look() {
  const bool inside = shared->notice == kInside;
  const bool owes = hang_fuse_waiting(connection) > 0;
  hang_victim("client", client.pid, 0, -1, 0);
  hang_name("server", server.pid, 0, -1, 0, !hang_is("silent"));
  hang_invariant(inside && owes && !over() ? HANG_BROKEN : HANG_HOLDS,
                 "connection %d has %s request waiting, and its only server is %s", connection,
                 owes ? "a" : "no", inside ? "inside a notification" : "free to answer");
}
int abort_it() {
  return hang_fuse_abort(connection);
}

// ---- The trial. ----

void setup() {
  const char* why = hang_fuse_prepare();
  if (*why != '\0') hang_skip("%s", why);
  hang_fuse_guard_start();
  shared = static_cast<Shared*>(hang_share(sizeof *shared));
}
int trial() {
  static const hang_wait wait = {over, nap, look, abort_it};
  hang_phase("mount");
  shared->notice = kNone, shared->error = 0;
  connection = hang_fuse_mount(&device);
  hang_child_start(&server, 0, serve);
  device.reset();
  hang_phase("open and read a file");
  hang_child_start(&client, 0, use_file);
  hang_await(&wait);
  hang_phase("clean up");
  hang_fuse_abort(connection);  // first: neither can be killed
  hang_child_kill(&client);
  hang_child_kill(&server);
  if (!hang_child_ends(&client, 10) || !hang_child_ends(&server, 10))
    hang_fail("left behind: client or server does not die");
  hang_fuse_unmount();
  if (hang_parked() || shared->error == 0 || shared->error == ENOENT) return HANG_CLEAN;
  hang_note("the notification was refused: %s", strerror(shared->error));
  return HANG_INCONCLUSIVE;
}

}  // namespace

HANG_VARIANT(lookup, "lookup", setup, trial)
HANG_VARIANT(read, "read", setup, trial)
HANG_VARIANT(thread, "thread", setup, trial)
HANG_VARIANT(in_open, "in-open", setup, trial)
HANG_VARIANT(silent, "silent", setup, trial)

int main(int argc, char** argv) {
  return hang_main(argc, argv);
}
