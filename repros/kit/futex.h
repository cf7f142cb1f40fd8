// SPDX-License-Identifier: GPL-2.0-or-later
//
// futex(2) wait and wake on a word in shared memory. Spurious returns are normal: callers loop.
#pragma once

#include <atomic>
#include <climits>
#include <cstdint>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/base/clock.h"

namespace hangrate::kit {

/// Whether both sides of a futex are threads of one process, which the kernel can look up faster.
enum class FutexScope : int { Shared = 0, Process = FUTEX_PRIVATE_FLAG };

/// Sleeps while `word` holds `expected`, at most `at_most` ns; 0: without a limit, which also
/// spares the kernel a timer.
inline void futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                       Nanos at_most, FutexScope scope = FutexScope::Shared) {
  const timespec limit = to_timespec(at_most);
  ::syscall(SYS_futex, &word, FUTEX_WAIT | static_cast<int>(scope), expected,
            at_most > 0 ? &limit : nullptr, nullptr, 0);
}

inline void futex_wake(const std::atomic<std::uint32_t>& word,
                       FutexScope scope = FutexScope::Shared) {
  ::syscall(SYS_futex, &word, FUTEX_WAKE | static_cast<int>(scope), INT_MAX, nullptr, nullptr, 0);
}

}  // namespace hangrate::kit
