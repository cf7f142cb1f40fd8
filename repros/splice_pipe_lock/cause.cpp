// SPDX-License-Identifier: GPL-2.0-or-later
//
// splice_pipe_lock. Since 8924feff66f3 (v4.9) splice() holds the mutex of the pipe around
// ->splice_read() of the file it takes data from (v6.1 fs/splice.c splice_file_to_pipe();
// do_splice() before v5.12), so whoever sleeps for the data there has it.
#include <algorithm>

#include <fmt/format.h>

#include "harness/classify/causes.h"

namespace hangrate {

namespace {

/// In ->splice_read() of a file, by its name: unix_stream_splice_read, tcp_splice_read, ...; not in
/// the splice of a pipe into another, which lets go of the mutex while it waits.
std::string reads_for_splice(const std::vector<std::string>& stack) {
  const auto found = std::find_if(stack.begin(), stack.end(), [](const std::string& frame) {
    return frame.find("_splice_read") != std::string::npos;
  });
  const bool itself = found == stack.begin() || found == stack.end();
  return itself ? std::string() : *found;
}

struct Splicer {
  const TaskHistory* task = nullptr;
  std::size_t call = 0, slept = 0;
  std::string reads;  ///< the ->splice_read() it sleeps in
};

std::optional<Splicer> splicer_of(const TraceView& view, std::uint64_t pipe) {
  for (const TaskHistory* task : view.living()) {
    const SleepSpan* slept = task->asleep();
    const OpenCall* open = task->in(TracedCall::PipeSplice);
    if (slept == nullptr || open == nullptr || open->object != pipe) continue;
    std::string reads = reads_for_splice(view.stack_of(*slept));
    if (!reads.empty()) return Splicer{task, open->event, slept->event, std::move(reads)};
  }
  return std::nullopt;
}

}  // namespace

namespace causes {
CauseRule splice_pipe_lock;
}

std::optional<Cause> causes::splice_pipe_lock(const TraceView& view, int victim) {
  const TaskHistory* waiter = view.history.of(victim);
  const SleepSpan* slept = waiter == nullptr ? nullptr : waiter->asleep();
  if (slept == nullptr || slept->object == 0 ||
      view.waits_for(slept->call, *slept) != WaitedFor::Lock) {
    return std::nullopt;
  }
  const OpenCall* open = waiter->in(slept->call);
  const auto splicer = splicer_of(view, slept->object);
  if (open == nullptr || !splicer || splicer->task->tid == victim ||
      splicer->slept > slept->event) {
    return std::nullopt;
  }
  const std::string who = view.names.of(victim);
  const std::string other = view.names.of(splicer->task->tid);
  Cause cause{.name = "splice_pipe_lock", .statements = {}};
  cause.statements = {
      cited(fmt::format("{} splices into the pipe and sleeps in {} for data of another file; "
                        "splice holds the mutex of the pipe meanwhile",
                        other, splicer->reads),
            {splicer->call, splicer->slept}),
      cited(fmt::format("{} came {} later and sleeps in {} for the mutex of that pipe, state D: "
                        "neither O_NONBLOCK nor a signal ends this",
                        who, view.span(splicer->slept, open->event), row_of(slept->call).name),
            {splicer->slept, open->event, slept->event}),
      cited(
          fmt::format("{} has slept on for the {} since", other, view.span_to_end(splicer->slept)),
          {splicer->slept}),
  };
  return cause;
}

}  // namespace hangrate
