// SPDX-License-Identifier: GPL-2.0-or-later
//
// virtio-server: the server's half of the fault, asked of the QEMU that the guest runs in. Its
// virtio-9p server has a share with the mount tag "hangrate"; a client stats, opens and reads files
// of it while signals come at random moments.
//
//   client: stat(2), open(2), read(2)          QEMU
//   p9_client_rpc(): request, tag 1 ---------> works on it, for some 100 us
//   SIGUSR1: an interruptible wait ends,
//     p9_client_flush(): TFLUSH 1, tag 2 ----> before 2.12: Rlerror EINTR, Rflush
//                                              since fc78d5ee7622: the Rflush, and nothing before
//
// Only a client whose waits are interruptible sends TFLUSH (before 9523feac272c, v4.15, or the
// recipe 6.1-p9-interruptible); on a later one the trial says that a killable wait holds. The
// client cannot tell how many it sent. So it counts the calls during which its handler ran, and a
// trial without one is inconclusive. On the recipe one of five such calls had a TFLUSH by QEMU's
// own trace, some 20 a trial: the other signals came when no request was with the server.
#include <sys/stat.h>

#include "../kit/p9/mount.h"

namespace {

constexpr int kRounds = 50;  // of a trial: a stat, an open and a read each
constexpr int kMostFiles = 16;
constexpr int64_t kMostPause = 2000000;  // ns between two signals: longer than most requests take

struct Told {  // by the client
  std::atomic<int> handled, calls, struck, error;
  std::atomic<const char*> failed;
};
Told* told;
hang_child client;
char files[kMostFiles][300];
unsigned file_count;

// ---- The share. ----

/// A tag can be mounted once, and an earlier worker has it until its trial, looked after, is over.
void mount_share() {
  int error = 0;
  const auto mounted = [&error] {
    error = mount("hangrate", kHangP9Mount, "9p", MS_NOSUID | MS_NODEV | MS_RDONLY,
                  "trans=virtio,version=9p2000.L,cache=none") != 0
                ? errno
                : 0;
    if (error == EBUSY) hang_nap(50000000);  // each attempt is a line in the kernel's log
    return error != EBUSY;
  };
  if (!hang_until(mounted, 15.0)) hang_fail("the share \"hangrate\" is mounted by somebody else");
  if (error == ENOENT || error == EINVAL || error == ENODEV)  // no such tag; no such transport
    hang_skip(
        "no virtio-9p server with the mount tag \"hangrate\": %s: a guest with \"qemu\": "
        "[\"-fsdev\", ...] as in ci/9p.json",
        strerror(error));
  if (error != 0) hang_fail("mount(9p, trans=virtio): %s (%d)", strerror(error), error);
}
/// Files that QEMU's user may read, too.
void find_files() {
  DIR* folder = opendir(kHangP9Mount);
  if (folder == nullptr) hang_fail("opendir: %s", strerror(errno));
  while (const dirent* entry = file_count < kMostFiles ? readdir(folder) : nullptr) {
    char* path = files[file_count];
    struct stat info;
    snprintf(path, sizeof files[0], "%s/%s", kHangP9Mount, entry->d_name);
    if (lstat(path, &info) == 0 && S_ISREG(info.st_mode) && (info.st_mode & S_IROTH) != 0)
      ++file_count;
  }
  closedir(folder);
  if (file_count == 0)
    hang_skip("the share has no file that all may read: -fsdev ...,path=/usr/bin");
}

// ---- The client. ----

void handle(int) {
  ++told->handled;
}
template <typename Call>
bool succeeds(const char* name, Call call) {
  const int before = told->handled;
  const bool failed = call() < 0;
  if (failed) {
    told->error = errno;
    told->failed = name;
  }
  ++told->calls;
  if (told->handled != before) ++told->struck;
  return !failed;
}
void use_share() {
  for (unsigned i = 0; i < kRounds; ++i) {
    const char* path = files[i % file_count];
    struct stat info;
    char bytes[512];
    int fd = -1;
    const bool fine = succeeds("stat", [&] { return stat(path, &info); }) &&
                      succeeds("open", [&] { return fd = open(path, O_RDONLY | O_CLOEXEC); }) &&
                      succeeds("read", [&] { return read(fd, bytes, sizeof bytes); });
    if (!fine) return;
    close(fd);
  }
}

// ---- The trial. ----

int over() {
  return hang_child_reaped(&client);
}
void nap(int64_t ns) {
  hang_child_wait(&client, ns);
}
void setup() {
  hang_p9_setup();
  mount_share();
  find_files();
  told = static_cast<Told*>(hang_share(sizeof *told));
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handle;
  action.sa_flags = SA_RESTART;
  sigaction(SIGUSR1, &action, nullptr);  // each client has it from its first instruction on
}
int trial() {
  static const hang_wait wait = {over, nap, nullptr, nullptr};
  told->handled = told->calls = told->struck = told->error = 0;
  hang_phase("signals");
  hang_child_start(&client, 0, use_share);
  for (const int64_t end = hang_now() + 5000000000; !over() && hang_now() < end;) {
    nap(static_cast<int64_t>(hang_random(kMostPause)));
    if (!over()) kill(client.pid, SIGUSR1);
  }
  hang_phase("the last calls");
  hang_await(&wait);
  if (told->error == 0 && told->calls == 3 * kRounds)
    return told->struck > 0 ? HANG_CLEAN : HANG_INCONCLUSIVE;
  if (told->error == 0) hang_fail("the client died after %d calls", told->calls.load());
  if (told->error != EINTR) hang_fail("%s: %s", told->failed.load(), strerror(told->error));
  hang_note(
      "%s(2) failed with EINTR, and the only handler, which ran %d times, has SA_RESTART; it was "
      "call %d, and the handler had run during %d of them",
      told->failed.load(), told->handled.load(), told->calls.load(), told->struck.load());
  return HANG_ANOMALY;
}

}  // namespace

HANG_VARIANT(virtio_server, "virtio-server", setup, trial)
