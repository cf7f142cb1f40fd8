// SPDX-License-Identifier: GPL-2.0-or-later
//
// overlay_fuse_flush: a FUSE daemon that holds a file of an overlay above its own mount cannot be
// killed. As fuse_flush_exit, one layer up, and only since overlayfs passes a flush on:
// 1f0cb8bcc7f9 "ovl: plumb through flush method" (v5.13).
//
//   last thread of the daemon, SIGKILLed         who would answer
//   do_exit()
//     exit_files() -> filp_close(file of the overlay)
//       ovl_flush(): of the real file ...
//         fuse_flush(): FLUSH
//           request_wait_answer() -------------> nobody: this is the server
//
// (v6.1 fs/overlayfs/file.c, fs/fuse/file.c.) A container engine whose image lies on FUSE, and
// whose FUSE daemon was started inside of it, is such a daemon. Before v5.13 the last close sent no
// flush.
#include "../kit/fuse/daemon.h"

#define HANG_OVERLAY "/sys/fs/fuse/overlay"
#define HANG_OVERLAY_EMPTY "/sys/fs/fuse/empty"  // without an upper layer it takes two lower ones

static int mount_overlay() {
  return mount("overlay", HANG_OVERLAY, "overlay", MS_RDONLY | MS_NOSUID | MS_NODEV,
               "lowerdir=" HANG_FUSE_MOUNT ":" HANG_OVERLAY_EMPTY);
}
/// Mounting and opening ask the FUSE mount, so they need the serving thread.
static void hold_in_overlay() {
  const bool mounted = mount_overlay() == 0;
  const int fd = mounted ? open(HANG_OVERLAY "/" HANG_FUSE_FILE, O_RDONLY | O_CLOEXEC) : -1;
  hang_daemon_say(fd < 0 ? errno : 0);
  for (;;) pause();
}
static void* hold_thread(void*) {
  hold_in_overlay();
  return nullptr;
}
static void* flush_once_and_hold_thread(void*) {
  close(open(HANG_FUSE_PATH, O_RDONLY | O_CLOEXEC));
  hold_in_overlay();
  return nullptr;
}
/// ENOSYS: from then on the kernel sends none (fc->no_flush, v6.1 fs/fuse/file.c fuse_flush()).
static int refuse_flush(uint32_t opcode) {
  return opcode == FUSE_FLUSH ? ENOSYS : HANG_FUSE_ANSWER;
}
static void daemon_below() {
  hang_daemon_serve(hang_daemon_answer, hold_thread);
}
static void refusing_daemon_below() {
  hang_daemon_serve(refuse_flush, flush_once_and_hold_thread);
}

static void setup() {
  hang_daemon_setup();
  hang_must(mkdir(HANG_OVERLAY, 0700), "mkdir " HANG_OVERLAY);
  hang_must(mkdir(HANG_OVERLAY_EMPTY, 0700), "mkdir " HANG_OVERLAY_EMPTY);
  if (mount_overlay() == 0) {
    umount2(HANG_OVERLAY, MNT_DETACH);
  } else if (errno == ENODEV) {
    hang_skip("no overlayfs here: modprobe overlay, or boot a kernel with CONFIG_OVERLAY_FS");
  }
}
static int run(void (*daemon)()) {
  static void (*chosen)();
  chosen = daemon;
  const int outcome = hang_daemon_trial([] { hang_daemon_start(chosen); }, hang_daemon_wait());
  umount2(HANG_OVERLAY, MNT_DETACH);  // after the abort, which ends what it waits for
  return outcome;
}
static int trial() {
  return run(daemon_below);
}
static int no_flush_trial() {
  return run(refusing_daemon_below);
}

HANG_VARIANT(self_held, "self-held", setup, trial)
HANG_VARIANT(no_flush, "no-flush", setup, no_flush_trial)

int main(int argc, char** argv) {
  return hang_main(argc, argv);
}
