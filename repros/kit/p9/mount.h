// SPDX-License-Identifier: GPL-2.0-or-later
//
// A 9p mount whose server is a child of the worker, in a mount namespace of the worker's own.
#pragma once

#include <sched.h>
#include <sys/mount.h>

#include "../child.h"
#include "server.h"

constexpr const char* kHangP9Mount = "/sys/fs";  // a folder that is everywhere

struct hang_p9_mount {
  hang_child server;
  hang_fd kernel_end, server_end;
};

/// In setup(): enters the namespace, and skips where that or 9p is not to be had.
inline void hang_p9_setup() {
  if (unshare(CLONE_NEWNS) != 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    hang_skip("no mount namespace of its own: %s: run as root", strerror(errno));
  // Without descriptors it is refused otherwise (EINVAL); ENODEV: there is no such filesystem.
  if (mount("hangrate", kHangP9Mount, "9p", 0, "trans=fd") != 0 && errno == ENODEV)
    hang_skip(
        "no 9p here: modprobe 9p, or boot a kernel with CONFIG_9P_FS (Debian's cloud kernels "
        "have none)");
}
/// `serve` runs in the server, and calls hang_p9_served() first.
inline void hang_p9_start(hang_p9_mount* made, void (*serve)()) {
  char options[128];
  int pair[2];
  hang_must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), "socketpair");
  made->kernel_end.reset(pair[0]);
  made->server_end.reset(pair[1]);
  hang_child_start(&made->server, 0, serve);
  made->server_end.reset();  // only the server has it: its end is that of the connection
  snprintf(options, sizeof options, "trans=fd,rfdno=%d,wfdno=%d,version=9p2000.L", pair[0],
           pair[0]);
  hang_must(mount(hang_mark(), kHangP9Mount, "9p", MS_NOSUID | MS_NODEV, options), "mount(9p)");
}
/// The server's end of the connection.
inline int hang_p9_served(hang_p9_mount* made) {
  prctl(PR_SET_NAME, "p9-server");
  made->kernel_end.reset();
  return made->server_end;
}
/// Ends the connection, from the client's side: whoever waits for an answer gets an error.
inline bool hang_p9_cut(const hang_p9_mount* made) {
  return shutdown(made->kernel_end, SHUT_RDWR) == 0;
}
/// Cuts first: a server that waits for itself wedges by being killed.
inline void hang_p9_end(hang_p9_mount* made) {
  hang_p9_cut(made);
  hang_child_kill(&made->server);
  if (!hang_child_ends(&made->server, 10)) hang_fail("the server cannot be killed");
  hang_must(umount2(kHangP9Mount, MNT_DETACH), "umount2");
  made->kernel_end.reset();
}
