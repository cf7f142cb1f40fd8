// SPDX-License-Identifier: GPL-2.0-or-later
//
// A FUSE mount whose living server answers one kind of request late.
#pragma once

#include <string>

#include "harness/testing/sleepers/sleep_kind.h"
#include "repros/kit/child.h"

class LateServer {
 public:
  /// Makes room for mounts of this process. Returns "" or why there can be none.
  static std::string prepare();
  static const char* served_file();

  /// Mounts, and starts the server: the FSYNC or FLUSH, as `kind` says, is answered after `span`
  /// (no_end: never), or once the stage lets it go.
  void start(Kind kind, int64_t span, Stage& stage);
  int pid() const { return process_.pid; }

  /// Ends the server and keeps its side of the connection open: nobody is left to answer. False: it
  /// does not die.
  bool lose();
  /// Closes this side of the connection; with the last one that holds it, every request ends.
  void let_go() { device_.reset(); }
  /// Ends the server and the mount, if there is one.
  void clean_up();

 private:
  hang_fd device_;
  hang_child process_;
  int connection_ = 0;
};
