// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/classify/fuse_trace.h"

namespace hangrate {

namespace {

/// Ended by an abort: ECONNABORTED, ENOTCONN.
bool aborted(const TraceEvent& event) {
  return event.result == -103 || event.result == -107;
}

/// The one process that ended requests, and the last that it ended.
std::optional<std::pair<int, std::size_t>> only_server(const TraceView& view) {
  std::optional<std::pair<int, std::size_t>> server;
  for (std::size_t i = 0; i < view.history.end; ++i) {
    const TraceEvent& event = view.event(i);
    if (event.kind != TraceKind::FuseEnd || event.pid == 0 || aborted(event)) continue;
    if (server && server->first != event.pid) return std::nullopt;
    server = {event.pid, i};
  }
  return server;
}

}  // namespace

std::optional<std::size_t> open_fuse_request(const TraceView& view, int client) {
  std::optional<std::size_t> send;
  for (std::size_t i = 0; i < view.history.end; ++i) {
    const TraceEvent& event = view.event(i);
    if (event.kind == TraceKind::FuseAbort) return std::nullopt;
    if (event.kind == TraceKind::FuseSend && event.tid == client) send = i;
    const bool ends = event.kind == TraceKind::FuseEnd && send.has_value() &&
                      event.object == view.event(*send).object;
    if (ends) send.reset();
  }
  return send;
}

std::optional<SleepingServer> sleeping_fuse_server(const TraceView& view) {
  const auto server = only_server(view);
  if (!server) return std::nullopt;
  SleepingServer found;
  found.answered = server->second;
  for (const TaskHistory* task : view.living()) {
    const auto fork = view.last_to(TraceKind::Fork, task->tid, view.history.end);
    const bool heir = task->pid != server->first && fork && view.event(*fork).pid == server->first;
    if (heir) return std::nullopt;
    if (task->pid != server->first) continue;
    const SleepSpan* slept = task->asleep();
    const bool alone = found.task == nullptr && slept != nullptr;
    if (!alone || (slept->state != 'D' && slept->state != 'K')) return std::nullopt;
    found.task = task;
    found.slept = slept->event;
  }
  return found.task != nullptr ? std::optional(found) : std::nullopt;
}

}  // namespace hangrate
