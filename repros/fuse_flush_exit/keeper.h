// SPDX-License-Identifier: GPL-2.0-or-later
//
// Keeper: a process that sleeps until the worker dies, by whatever cause, and then aborts the FUSE
// connection of the trial in flight. Without it a worker killed at the wrong moment leaves a daemon
// that nobody can kill: PR_SET_PDEATHSIG ends the daemon exactly the way the bug needs it. The
// supervisor does the same for a worker it watches (Context::guard_fuse_connection), but a run by
// hand has no supervisor, and supervisors die too.
#pragma once

#include <atomic>
#include <string>

#include "repros/fuse_flush_exit/child.h"

namespace hangrate::fuse_flush_exit {

class Keeper {
 public:
  Keeper() = default;
  ~Keeper();
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  /// Forks it. The workspace must be entered already. Returns "" or what failed.
  std::string start();
  /// The connection to abort if we die; 0: none.
  void guard(int connection);

 private:
  std::atomic<int>* connection_ = nullptr;  ///< in memory shared with the process
  Child process_;
};

}  // namespace hangrate::fuse_flush_exit
