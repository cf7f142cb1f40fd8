// SPDX-License-Identifier: GPL-2.0-or-later
//
// ptrace_exec. execve() holds cred_guard_mutex until its other threads are released (v6.1 fs/exec.c
// de_thread()); a dead thread that is no first one tells of its end only to a tracer (v6.1
// kernel/exit.c exit_notify()), and is released when that waits for it.
#include <fmt/format.h>

#include "harness/base/text.h"
#include "harness/classify/causes.h"

namespace hangrate {

namespace {

constexpr std::int64_t kChildEnded = 17;  // SIGCHLD

/// de_thread(), or who it is inlined into: flush_old_exec() before v5.8.
bool in_exec(const TraceView& view, const TaskHistory& task) {
  const SleepSpan* slept = task.asleep();
  if (slept == nullptr) return false;
  const std::vector<std::string>& stack = view.stack_of(*slept);
  if (stack.empty()) return false;
  return stack.front() == "de_thread" || stack.front() == "begin_new_exec" ||
         stack.front() == "flush_old_exec";
}

/// The last SIGCHLD of a thread of `program` that had begun to exit, and is not its first.
std::optional<std::size_t> told_tracer(const TraceView& view, int program) {
  std::optional<std::size_t> told;
  for (const TaskHistory* thread : view.history.threads_of(program)) {
    if (thread->tid == program || !thread->exit) continue;
    for (std::size_t i = *thread->exit; i < view.history.end; ++i) {
      const TraceEvent& event = view.event(i);
      const bool tells = event.kind == TraceKind::Signal && event.tid == thread->tid &&
                         event.number == kChildEnded && view.group_of(event.other) != program;
      if (tells) told = i;
    }
  }
  return told;
}

/// The one living thread of the tracer, if it sleeps in its attach.
const TaskHistory* attaching(const TraceView& view, int tracer) {
  const TaskHistory* found = nullptr;
  for (const TaskHistory* task : view.living()) {
    if (task->pid != tracer) continue;
    const SleepSpan* slept = task->asleep();
    const bool attaches = slept != nullptr && contains(view.stack_of(*slept), "ptrace_attach");
    if (found != nullptr || !attaches) return nullptr;
    found = task;
  }
  return found;
}

/// Only of a program in execve() is the mutex that an attach waits for held for long: is it the
/// only one in the trace?
bool only_exec(const TraceView& view, int program) {
  for (const TaskHistory* task : view.living()) {
    if (task->pid != program && in_exec(view, *task)) return false;
  }
  return true;
}

}  // namespace

namespace causes {
CauseRule ptrace_exec;
}

std::optional<Cause> causes::ptrace_exec(const TraceView& view, int victim) {
  const TaskHistory* program = view.history.of(victim);
  if (program == nullptr || !in_exec(view, *program) || !only_exec(view, program->pid)) {
    return std::nullopt;
  }
  const auto told = told_tracer(view, program->pid);
  if (!told) return std::nullopt;
  const TaskHistory* tracer = attaching(view, view.group_of(view.event(*told).other));
  if (tracer == nullptr || tracer->asleep()->event < *told) return std::nullopt;
  const TaskHistory* dead = view.history.of(view.event(*told).tid);
  const std::size_t executes = program->asleep()->event;
  const std::size_t attaches = tracer->asleep()->event;
  const std::string who = view.names.of(victim);
  const std::string other = view.names.of(tracer->tid);
  Cause cause{.name = "ptrace_exec", .statements = {}};
  cause.statements = {
      cited(fmt::format("{} executes: it sleeps in {} until its other threads are released", who,
                        view.stack_of(*program->asleep()).front()),
            {executes}),
      cited(fmt::format("thread {} of it exits and tells {}: it is traced, and stays until {} "
                        "waits for it",
                        dead->tid, other, other),
            {*dead->exit, *told}),
      cited(fmt::format("{} later {} sleeps in ptrace_attach instead, for the mutex of a program "
                        "in execve; {} is the only one in the trace",
                        view.span(*told, attaches), other, who),
            {*told, attaches}),
  };
  return cause;
}

}  // namespace hangrate
