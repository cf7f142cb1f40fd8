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

/// Sleeps while `word` holds `expected`, at most `at_most` ns.
inline void futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                       Nanos at_most) {
  const timespec limit = to_timespec(at_most);
  ::syscall(SYS_futex, &word, FUTEX_WAIT, expected, &limit, nullptr, 0);
}

inline void futex_wake(const std::atomic<std::uint32_t>& word) {
  ::syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

}  // namespace hangrate::kit
