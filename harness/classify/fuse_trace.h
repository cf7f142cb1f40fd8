// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a trace shows of a FUSE request that nobody answers: for rules of causes. Pure.
#pragma once

#include <optional>

#include "harness/classify/trace_view.h"

namespace hangrate {

/// The request that the client queued last, if nobody ended it; none if there was an abort.
std::optional<std::size_t> open_fuse_request(const TraceView& view, int client);

struct SleepingServer {
  const TaskHistory* task = nullptr;
  std::size_t slept = 0, answered = 0;  ///< the last request that its process ended
};

/// Who ended a request last, if its one living thread in the trace sleeps, D or killable, no other
/// process ended one, and none made by it may have the device too.
std::optional<SleepingServer> sleeping_fuse_server(const TraceView& view);

}  // namespace hangrate
