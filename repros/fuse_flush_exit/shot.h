// SPDX-License-Identifier: GPL-2.0-or-later
//
// Shot: one provocation, from a fresh mount to nothing left. The steps are separate so that tests
// and benchmarks can drive them by hand. Nothing here blocks: waits have a deadline, and the only
// task that may hang is a child.
#pragma once

#include <string>
#include <vector>

#include "repros/fuse_flush_exit/cast.h"
#include "repros/fuse_flush_exit/child.h"
#include "repros/fuse_flush_exit/fuse_server.h"
#include "repros/kit/reproducer.h"

namespace hangrate::fuse_flush_exit {

enum class Scene { SelfHeld, PidNamespace, InheritedFd, LiveDaemon, Lookup, NoFlush };

/// The scene of a variant name of the manifest.
Scene scene_named(const std::string& variant);

class Shot {
 public:
  explicit Shot(Scene scene) : scene_(scene) {}
  Shot(const Shot&) = delete;
  Shot& operator=(const Shot&) = delete;

  // The steps, in order. Each returns "" or what the machine refused; then only clean_up() is left.

  /// Opens /dev/fuse and mounts. From here on connection() must be aborted if we die.
  std::string mount();
  /// Forks the cast and waits until the victim stands where the kill is to hit it.
  std::string arm();
  /// Kills the victim, which from now on either dies or hangs.
  void kill();
  /// Frees the victim if need be, kills whoever lives, unmounts. Returns "" or what is left behind.
  std::string clean_up();

  int connection() const { return connection_; }
  /// The victim is dead and reaped.
  bool finished() { return killed_ && victim_.reaped(); }
  void wait(Nanos at_most) const { victim_.wait(at_most); }
  std::vector<kit::PartyInfo> parties() const;
  /// Broken if a request waits on the connection and nobody is left who could answer it.
  kit::Invariant invariant() const;
  void abort() const;

 private:
  std::string arm_self_held(const FuseDiet& diet, News ready);
  std::string arm_pid_namespace();
  std::string arm_inherited_fd();
  std::string arm_live_daemon();
  std::string expect(News wanted, int* sender = nullptr);
  std::string end_cast();

  Scene scene_;
  FuseServer server_;  ///< our end of /dev/fuse, until the daemon has its own
  Mailbox mailbox_;
  int connection_ = 0;
  Child victim_;        ///< whose death the trial waits for
  Child accomplice_;    ///< LiveDaemon: the server. InheritedFd: the server that dies first
  int server_pid_ = 0;  ///< the one process left that holds /dev/fuse
  bool killed_ = false;
};

}  // namespace hangrate::fuse_flush_exit
