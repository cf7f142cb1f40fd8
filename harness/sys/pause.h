// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <time.h>

#include "harness/base/clock.h"

namespace hangrate {

/// Sleeps for `span`, less if a signal comes. Not for the supervisor while trials run.
inline void pause_for(Nanos span) {
  const timespec time = to_timespec(span);
  ::nanosleep(&time, nullptr);
}

}  // namespace hangrate
