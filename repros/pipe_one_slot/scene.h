// SPDX-License-Identifier: GPL-2.0-or-later
//
// The invariant of every variant: while all who use the pipe sleep in a write(2) of one byte, or
// have nothing left to do, the pipe must not have room for that byte.
#pragma once

#include <string>

#include "repros/kit/reproducer.h"
#include "repros/pipe_one_slot/token_pipe.h"

namespace hangrate::pipe_one_slot {

/// All parties of a trial and their pipe, at one moment. Who is neither asleep in write nor running
/// has returned for good.
struct Scene {
  int asleep = 0;        ///< parties asleep in write(2)
  int running = 0;       ///< parties that may still read: not done, and not seen asleep in write
  TokenPipe::Look pipe;  ///< looked at only if all are asleep in write or done
};

kit::Invariant judge(const Scene& scene);

}  // namespace hangrate::pipe_one_slot
