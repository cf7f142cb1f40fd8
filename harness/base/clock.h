// SPDX-License-Identifier: GPL-2.0-or-later
//
// Monotonic time in nanoseconds, the same clock in supervisor, worker and trial, so stamps written
// into shared memory by one can be compared by another. CLOCK_MONOTONIC: does not jump.
#pragma once

#include <cstdint>

#include <time.h>

namespace hangrate {

using Nanos = std::int64_t;

inline constexpr Nanos kMicro = 1'000;
inline constexpr Nanos kMilli = 1'000'000;
inline constexpr Nanos kSecond = 1'000'000'000;

inline Nanos now_ns() {
  timespec ts{};
  ::clock_gettime(CLOCK_MONOTONIC, &ts);
  return static_cast<Nanos>(ts.tv_sec) * kSecond + ts.tv_nsec;
}

inline timespec to_timespec(Nanos span) {
  return {static_cast<time_t>(span / kSecond), static_cast<long>(span % kSecond)};
}

inline double to_ms(Nanos span) {
  return static_cast<double>(span) / static_cast<double>(kMilli);
}
inline double to_seconds(Nanos span) {
  return static_cast<double>(span) / static_cast<double>(kSecond);
}

}  // namespace hangrate
