// SPDX-License-Identifier: GPL-2.0-or-later
//
// A FUSE mount whose living server answers one kind of request late.
#pragma once

#include <string>

#include "harness/testing/sleepers/sleep_kind.h"
#include "repros/fuse_flush_exit/fuse_server.h"

class LateServer {
 public:
  /// Makes room for mounts of this process. Returns "" or why there can be none.
  static std::string prepare();
  static const char* served_file();

  /// Mounts, and starts the server: the FSYNC or FLUSH, as `kind` says, is answered after `span`
  /// (no_end: never), or once the stage lets it go. Returns "" or what failed.
  std::string start(Kind kind, int64_t span, Stage& stage);
  int pid() const { return pid_; }

  /// Ends the server and keeps its side of the connection open: nobody is left to answer.
  void lose();
  /// Closes this side of the connection; with the last one that holds it, every request ends.
  void let_go() { server_.close(); }
  /// Ends the server and the mount, if there is one. Returns "" or what failed.
  std::string clean_up();

 private:
  std::string reap();

  hangrate::fuse_flush_exit::FuseServer server_;
  int connection_ = 0;
  int pid_ = 0;
};
