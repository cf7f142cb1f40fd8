// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a sleep in a followed call is for. The function alone does not tell: pipe_read() sleeps for
// data, and for the mutex of the pipe. The state does, and the stack where one was seen. Pure.
#pragma once

#include <string>
#include <vector>

#include "harness/model/trace.h"

namespace hangrate {

enum class WaitedFor {
  Object,     ///< what the call is there to wait for: data, room, a child, an answer
  Lock,       ///< a mutex that the call itself takes
  NotObject,  ///< not that: its wait would be interruptible, this one is not
  Unknown,    ///< neither state nor stack tells
};

/// `stack`: kernel functions of the sleeper, innermost first; empty: not seen.
WaitedFor waited_for(TracedCall call, char state, const std::vector<std::string>& stack);

}  // namespace hangrate
