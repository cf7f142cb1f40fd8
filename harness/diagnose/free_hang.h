// SPDX-License-Identifier: GPL-2.0-or-later
//
// free_hang(): the cures of a proven hang that end no task, least intrusive first. Only on a user's
// word: it signals tasks that are not ours.
#pragma once

#include "harness/base/error.h"
#include "harness/waits/diagnosis.h"

namespace hangrate {

enum class FreedBy {
  Nothing,       ///< what is left would end a task
  StopContinue,  ///< what attaching a debugger does
  FuseAbort,     ///< of the connections that owe an answer
};

/// After each it looks again; what is no longer proven is freed. An error: a look failed.
Result<FreedBy> free_hang(const WaitProof& proof);

}  // namespace hangrate
