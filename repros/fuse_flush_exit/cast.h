// SPDX-License-Identifier: GPL-2.0-or-later
//
// The people of the play: what each child of a trial does from its fork to its death. None of these
// return; all end by SIGKILL, or by themselves when they cannot go on.
#pragma once

#include "repros/fuse_flush_exit/child.h"
#include "repros/fuse_flush_exit/fuse_server.h"

namespace hangrate::fuse_flush_exit {

/// What the daemon does beside serving.
enum class DaemonTask {
  Serve,     ///< nothing
  HoldFile,  ///< a second thread opens the file on the daemon's own mount and keeps it
  ForkHeir,  ///< forks a child that inherits /dev/fuse and opens the file
};

/// The file system's server. Says Armed once the file is open, or LookupEaten as its diet has it.
[[noreturn]] void run_daemon(const FuseServer& server, const Mailbox& mailbox, DaemonTask task,
                             const FuseDiet& diet);

/// Opens the file, says Armed and keeps it. `flush_first`: opens and closes it once before, which
/// lets a server with FuseDiet::refuse_flush refuse.
[[noreturn]] void run_holder(const Mailbox& mailbox, bool flush_first);

/// First process of a pid namespace: forks a daemon with HoldFile and waits to be killed. Gives up
/// the mailbox and /dev/fuse, so that the daemon is alone on the server's side.
[[noreturn]] void run_namespace_init(FuseServer& server, Mailbox& mailbox);

}  // namespace hangrate::fuse_flush_exit
