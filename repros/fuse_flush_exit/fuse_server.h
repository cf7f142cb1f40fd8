// SPDX-License-Identifier: GPL-2.0-or-later
//
// A FUSE server on the bare /dev/fuse, without libfuse: what a reproducer mailed to a kernel list
// can show in full. Errors are returned as text; nothing here waits except serve(), which belongs
// into a child.
#pragma once

#include <string>

#include "harness/base/unique_fd.h"
#include "repros/fuse_flush_exit/fuse_wire.h"

namespace hangrate::fuse_flush_exit {

/// Told of every request the diet withholds the reply from.
class EatenListener {
 public:
  virtual ~EatenListener() = default;
  virtual void eaten(std::uint32_t opcode) = 0;
};

class FuseServer {
 public:
  FuseServer() = default;
  explicit FuseServer(UniqueFd device) : device_(std::move(device)) {}

  /// Opens /dev/fuse. Returns "" or why not, naming the fix.
  std::string open();
  /// Mounts at the directory `where`. Returns before anybody serves: INIT goes out in the
  /// background (v6.1 fs/fuse/inode.c fuse_send_init(), fuse_simple_background()). Returns "" or
  /// why not.
  std::string mount(const char* where) const;
  /// Answers requests until the connection is gone; returns the errno that ended it, ENODEV if it
  /// was unmounted or aborted.
  int serve(const FuseDiet& diet, EatenListener* listener) const;

  int device() const { return device_.get(); }
  void close() { device_.reset(); }

 private:
  UniqueFd device_;
};

}  // namespace hangrate::fuse_flush_exit
