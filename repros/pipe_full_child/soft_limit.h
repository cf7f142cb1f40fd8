// SPDX-License-Identifier: GPL-2.0-or-later
//
// What fs.pipe-user-pages-soft does to an unprivileged user: from which pipe on, and how small. The
// pipes are opened by a child process under another uid, so that neither its descriptors nor the
// dropped privilege outlive the measurement.
// alloc_pipe_info() and pipe_set_size(), v6.1 fs/pipe.c; two pages instead of one since v5.14
// (46c4c9d1beb7 "pipe: increase minimum default pipe size to 2 pages").
#pragma once

#include <atomic>
#include <cstdint>

#include <sys/types.h>

namespace hangrate::pipe_full_child {

inline constexpr int kDefaultSlots = 16;  // PIPE_DEF_BUFFERS, include/linux/pipe_fs_i.h

/// What the child found; in shared memory.
struct SoftLimit {
  std::atomic<std::int32_t> opened{0};      ///< pipes opened, the small one included
  std::atomic<std::int32_t> full_size{0};   ///< bytes a pipe has under the limit
  std::atomic<std::int32_t> small_size{0};  ///< bytes of the first smaller pipe, 0: none met
  std::atomic<std::int32_t> regrow{0};      ///< F_SETPIPE_SZ full_size on it: bytes, or -errno
  std::atomic<std::int32_t> failed{0};      ///< errno of `operation`, 0 = none
  std::atomic<const char*> operation{""};   ///< static text; the child is a fork of us
};

/// A number from /proc/sys, or `fallback`.
long sysctl_number(const char* path, long fallback);

/// Forks the child that measures; its pid, or -1. The caller reaps it, then `found` is complete.
pid_t start_soft_limit(SoftLimit& found);

}  // namespace hangrate::pipe_full_child
