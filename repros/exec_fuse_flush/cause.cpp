// SPDX-License-Identifier: GPL-2.0-or-later
//
// exec_fuse_flush. execve() closes files with exec_update_lock held (v5.10 fs/exec.c
// begin_new_exec()), and the FLUSH of one waits for its server; who would answer sleeps in a look
// into /proc that takes the lock. Whose /proc it is no trace shows: the execve() must be the only
// one in it.
#include <fmt/format.h>

#include "harness/base/text.h"
#include "harness/classify/causes.h"
#include "harness/classify/fuse_trace.h"

namespace hangrate {

namespace {

constexpr std::int64_t kFlush = 25;  // FUSE_FLUSH

/// Of do_close_on_exec(), or who it is inlined into.
bool in_exec(const TraceView& view, const TaskHistory& task) {
  const SleepSpan* slept = task.asleep();
  if (slept == nullptr) return false;
  const std::vector<std::string>& stack = view.stack_of(*slept);
  return contains(stack, "begin_new_exec") || contains(stack, "do_close_on_exec") ||
         contains(stack, "flush_old_exec");
}

const TaskHistory* only_exec(const TraceView& view) {
  const TaskHistory* found = nullptr;
  for (const TaskHistory* task : view.living()) {
    if (!in_exec(view, *task)) continue;
    if (found != nullptr) return nullptr;
    found = task;
  }
  return found;
}

/// The function that takes the lock for a look into /proc, if that is where it sleeps.
std::string looks_in(const std::vector<std::string>& stack) {
  for (const char* name : {"proc_pid_stack", "proc_pid_syscall", "lock_trace", "mm_access"}) {
    if (contains(stack, name)) return name;
  }
  return "";
}

}  // namespace

namespace causes {
CauseRule exec_fuse_flush;
}

std::optional<Cause> causes::exec_fuse_flush(const TraceView& view, int victim) {
  const auto server = sleeping_fuse_server(view);
  const TaskHistory* program = only_exec(view);
  if (!server || program == nullptr) return std::nullopt;
  if (victim != server->task->tid && victim != program->tid) return std::nullopt;
  const auto send = open_fuse_request(view, program->tid);
  const std::string inside = looks_in(view.stack_of(*server->task->asleep()));
  const std::size_t waits = program->asleep()->event;
  const bool flush = send && view.event(*send).number == kFlush && waits > *send;
  if (!flush || inside.empty() || server->slept < *send) return std::nullopt;
  const std::string who = view.names.of(program->tid);
  const std::string other = view.names.of(server->task->tid);
  Cause cause{.name = "exec_fuse_flush", .statements = {}};
  cause.statements = {
      cited(fmt::format("{} executes, and closes a file: it queued {} and waits for the answer, of "
                        "which the trace has none",
                        who, fuse_request_text(view.event(*send))),
            {*send, waits}),
      cited(fmt::format("{} served FUSE; {} after the request it sleeps in {}: it looks into /proc "
                        "of a program in execve, and {} is the only one in the trace",
                        other, view.span(*send, server->slept), inside, who),
            {server->answered, *send, server->slept}),
      cited(fmt::format("the trace has no other thread of {} that could answer {}", other, who),
            {server->slept, waits}),
  };
  return cause;
}

}  // namespace hangrate
