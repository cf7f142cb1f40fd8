// SPDX-License-Identifier: GPL-2.0-or-later
//
// fuse_flush_exit: a FUSE daemon that holds a file on its own mount cannot be killed. Synchronous
// flush at exit: all kernels but 6.3.0 .. 6.4.15 and 6.5.0 .. 6.5.2 (5a8bee63b10f, v6.3-rc1,
// reverted by 91ec6c85599b, v6.6-rc1 and stable).
//
//   last thread of the daemon, SIGKILLed         who would answer
//   do_exit()
//     exit_signals(): PF_EXITING                 the other thread: dead already
//     exit_files() -> put_files_struct()
//       filp_close(file on own mount)
//         fuse_flush(): FLUSH, args.force
//           request_wait_answer():
//             "Wait it out": wait_event() ------> nobody, for ever
//     exit_task_work()                           would close /dev/fuse: fuse_dev_release() ->
//                                                fuse_abort_conn() would end the FLUSH
//
// (kernel/exit.c, fs/fuse/file.c, fs/fuse/dev.c, v6.1.) There is no race: the order of the last two
// steps of do_exit() decides. A worker mounts, a child serves and opens (daemon.h), and is killed.
#include "../kit/fuse/daemon.h"

static int trial() {
  return hang_daemon_trial([] { hang_daemon_start(hang_daemon_run); }, hang_daemon_wait());
}
HANG_VARIANT(self_held, "self-held", hang_daemon_setup, trial)
int main(int argc, char** argv) {
  return hang_main(argc, argv);
}
