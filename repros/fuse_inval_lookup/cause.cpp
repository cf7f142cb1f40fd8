// SPDX-License-Identifier: GPL-2.0-or-later
//
// fuse_inval_lookup. A notification takes the lock of a directory or a folio (v6.1 fs/fuse/dir.c
// fuse_reverse_inval_entry(), fs/fuse/inode.c fuse_reverse_inval_inode()) that the request of a
// client holds until it is answered; who would answer sleeps in the notification.
#include <fmt/format.h>

#include "harness/base/text.h"
#include "harness/classify/causes.h"
#include "harness/classify/fuse_trace.h"

namespace hangrate {

namespace {

/// The function of a notification that takes a lock.
std::string notification_in(const std::vector<std::string>& stack) {
  for (const char* name : {"fuse_reverse_inval_entry", "fuse_reverse_inval_inode"}) {
    if (contains(stack, name)) return name;
  }
  return "";
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
  const auto send = open_fuse_request(view, victim);
  const auto server = sleeping_fuse_server(view);
  if (!send || !server || server->slept < *send) return std::nullopt;
  const SleepSpan& stuck = *server->task->asleep();
  const std::string inside = notification_in(view.stack_of(stuck));
  if (stuck.state != 'D' || inside.empty()) return std::nullopt;
  const std::string who = view.names.of(victim);
  const std::string other = view.names.of(server->task->tid);
  const std::string lock =
      inside == "fuse_reverse_inval_entry" ? "the lock of a directory" : "a folio";
  Cause cause{.name = "fuse_inval_lookup", .statements = {}};
  cause.statements = {
      cited(fmt::format("{} queued {} and waits for the answer, of which the trace has none", who,
                        fuse_request_text(view.event(*send))),
            {*send, slept->event}),
      cited(fmt::format("{} served FUSE; {} after the request it sleeps in {} for {}, state D: "
                        "inside of a notification to the kernel",
                        other, view.span(*send, server->slept), inside, lock),
            {server->answered, *send, server->slept}),
      cited(fmt::format("the trace has no other thread of {} that could answer {}", other, who),
            {server->slept, slept->event}),
  };
  return cause;
}

}  // namespace hangrate
