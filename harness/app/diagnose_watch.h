// SPDX-License-Identifier: GPL-2.0-or-later
//
// watch_and_tell(): `hangrate diagnose --watch`, as lines on stdout.
#pragma once

#include "harness/diagnose/hang_watch.h"

namespace hangrate {

/// Until SIGTERM or SIGINT, which end the process with 0. Returns the exit code of what else ended
/// it.
int watch_and_tell(const WatchOptions& options, bool json);

}  // namespace hangrate
