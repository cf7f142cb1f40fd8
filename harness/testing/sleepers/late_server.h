// SPDX-License-Identifier: GPL-2.0-or-later
//
// A FUSE mount whose living server answers one kind of request late.
#pragma once

#include <string>

#include "harness/testing/sleepers/sleep_kind.h"
#include "repros/fuse_flush_exit/fuse_server.h"

namespace hangrate::sleepers {

class LateServer {
 public:
  /// Mounts, and starts the server: the FSYNC or FLUSH, as `kind` says, is answered after `span`
  /// (kNoEnd: never), or once the stage lets it go. Returns "" or what failed.
  std::string start(Kind kind, Nanos span, Stage& stage);
  int connection() const { return connection_; }
  int pid() const { return pid_; }
  bool started() const { return connection_ != 0; }

  /// Ends the server and keeps its side of the connection open: nobody is left to answer.
  void lose();
  /// Closes this side of the connection; with the last one that holds it, every request ends.
  void let_go() { server_.close(); }
  /// Ends the server and the mount. Returns "" or what failed.
  std::string clean_up();

 private:
  std::string reap();

  fuse_flush_exit::FuseServer server_;
  int connection_ = 0;
  int pid_ = 0;
};

}  // namespace hangrate::sleepers
