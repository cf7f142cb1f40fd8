// SPDX-License-Identifier: GPL-2.0-or-later
//
// fuse_inval_lookup. A notification takes the lock of a directory or a folio (v6.1 fs/fuse/dir.c
// fuse_reverse_inval_entry(), fs/fuse/inode.c fuse_reverse_inval_inode()) that the request of a
// client holds until it is answered; who would answer sleeps in the notification.
#include <fmt/format.h>

#include "harness/base/text.h"
#include "harness/classify/causes.h"

namespace hangrate {

namespace {

/// Ended by an abort: ECONNABORTED, ENOTCONN.
bool aborted(const TraceEvent& event) {
  return event.result == -103 || event.result == -107;
}

/// The request that the client queued last, if nobody ended it; none if there was an abort.
std::optional<std::size_t> open_request(const TraceView& view, int client) {
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

/// The function of a notification that takes a lock.
std::string notification_in(const std::vector<std::string>& stack) {
  for (const char* name : {"fuse_reverse_inval_entry", "fuse_reverse_inval_inode"}) {
    if (contains(stack, name)) return name;
  }
  return "";
}

struct Notifier {
  const TaskHistory* task = nullptr;
  std::size_t slept = 0, answered = 0;  ///< the last request that its process ended
  std::string inside;
};

/// Who ended a request last, if its one living thread in the trace sleeps for a lock in there, and
/// no other process made by it may have the device too.
std::optional<Notifier> notifier_of(const TraceView& view) {
  Notifier found;
  int server = 0;
  for (std::size_t i = 0; i < view.history.end; ++i) {
    const TraceEvent& event = view.event(i);
    if (event.kind != TraceKind::FuseEnd || event.pid == 0 || aborted(event)) continue;
    if (server != 0 && server != event.pid) return std::nullopt;
    server = event.pid;
    found.answered = i;
  }
  for (const TaskHistory* task : view.living()) {
    const auto fork = view.last_to(TraceKind::Fork, task->tid, view.history.end);
    const bool heir = task->pid != server && fork && view.event(*fork).pid == server;
    if (heir) return std::nullopt;
    if (task->pid != server) continue;
    const SleepSpan* slept = task->asleep();
    if (found.task != nullptr || slept == nullptr || slept->state != 'D') return std::nullopt;
    found.task = task;
    found.slept = slept->event;
    found.inside = notification_in(view.stack_of(*slept));
  }
  return found.task != nullptr && !found.inside.empty() ? std::optional(found) : std::nullopt;
}

}  // namespace

namespace causes {
CauseRule fuse_inval_lookup;
}

std::optional<Cause> causes::fuse_inval_lookup(const TraceView& view, int victim) {
  const TaskHistory* client = view.history.of(victim);
  const SleepSpan* slept = client == nullptr ? nullptr : client->asleep();
  if (slept == nullptr || view.waits_for(TracedCall::FuseWait, *slept) != WaitedFor::Object) {
    return std::nullopt;
  }
  const auto send = open_request(view, victim);
  const auto server = notifier_of(view);
  if (!send || !server || server->slept < *send) return std::nullopt;
  const std::string who = view.names.of(victim);
  const std::string other = view.names.of(server->task->tid);
  const std::string lock =
      server->inside == "fuse_reverse_inval_entry" ? "the lock of a directory" : "a folio";
  Cause cause{.name = "fuse_inval_lookup", .statements = {}};
  cause.statements = {
      cited(fmt::format("{} queued {} and waits for the answer, of which the trace has none", who,
                        fuse_request_text(view.event(*send))),
            {*send, slept->event}),
      cited(fmt::format("{} served FUSE; {} after the request it sleeps in {} for {}, state D: "
                        "inside of a notification to the kernel",
                        other, view.span(*send, server->slept), server->inside, lock),
            {server->answered, *send, server->slept}),
      cited(fmt::format("the trace has no other thread of {} that could answer {}", other, who),
            {server->slept, slept->event}),
  };
  return cause;
}

}  // namespace hangrate
