// SPDX-License-Identifier: GPL-2.0-or-later
//
// Is a task still in the call the recorder has it in? A Return that was not seen leaves a call open
// for ever: on Debian 7.2.13 tasks slept in futex_do_wait() and were told to be in do_wait. Whoever
// asks where a task sleeps asks here, so that no two answers differ. Pure.
#pragma once

#include <string>
#include <vector>

#include "harness/model/trace.h"

namespace hangrate {

/// Called from user space or by an exiting task, never inside another followed call: entering it
/// means that the task has left all others.
bool outermost(TracedCall call);

/// May a sleeper with this kernel stack be in `call`? Without a stack, or with one that was cut
/// where the recorder stops walking: yes.
bool may_be_in(TracedCall call, const std::vector<std::string>& stack);

/// Is this, as the innermost frame of a sleeper, where the call itself waits? Any other function
/// that it has called sleeps for its own reasons: a page that is not there, memory.
bool waits_itself(TracedCall call, const std::string& frame);

/// The call in which a Sleep is believed to be: the recorded one, None if its stack speaks against.
TracedCall believed_call(const TraceEvent& event);

/// The call that a sleeper's stack shows by itself, where no Call of it was seen: a program that is
/// preempted while another task enters the same function makes the kernel skip that run. Only
/// WaitChild, which works on no object that only its Call would tell; else None.
TracedCall call_in_stack(const std::vector<std::string>& stack);

}  // namespace hangrate
