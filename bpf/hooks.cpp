// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/hooks.h"

#include "harness/model/traced_call.h"

namespace hangrate {

namespace {

HookPlan tracepoint(std::string probe, std::string name, std::string program) {
  return {std::move(probe), name, {{HookHow::Tracepoint, std::move(program), "", {name}}}};
}

/// fentry programs are NAME_in and NAME_out, those of kprobes NAME_kin and NAME_kout.
HookWay function(HookHow how, const std::string& name, std::vector<std::string> targets,
                 bool leaves = true) {
  const std::string way = how == HookHow::Kprobe ? "_k" : "_";
  return {how, name + way + "in", leaves ? name + way + "out" : "", std::move(targets)};
}

HookPlan of_call(const TracedCallRow& row, const CallHook& hook) {
  const std::vector<std::string> targets(hook.functions.begin(), hook.functions.end());
  HookPlan plan{row.probe, std::string(hook.name()), {}};
  if (hook.ways & kByFentry) plan.ways.push_back(function(HookHow::Fentry, hook.programs, targets));
  if (hook.ways & kByKprobe) plan.ways.push_back(function(HookHow::Kprobe, hook.programs, targets));
  if (hook.ways & kBySyscall) {
    plan.ways.push_back({HookHow::Syscall, "pipe_sys_in", "pipe_sys_out", {"sys_enter"}});
  }
  return plan;
}

void add_calls(std::vector<HookPlan>& plans) {
  for (const TracedCallRow& row : traced_calls()) {
    for (const CallHook& hook : row.hooks) {
      if (hook.used()) plans.push_back(of_call(row, hook));
    }
  }
}

/// A function whose entry is an event by itself.
HookPlan entry(std::string probe, std::string hook, const std::string& name,
               const std::vector<std::string>& targets) {
  return {std::move(probe),
          std::move(hook),
          {function(HookHow::Fentry, name, targets, false),
           function(HookHow::Kprobe, name, targets, false)}};
}

HookPlan first_as_tracepoint(HookPlan plan, const std::string& program) {
  plan.ways.insert(plan.ways.begin(), HookWay{HookHow::Tracepoint, program, "", {plan.hook}});
  return plan;
}

}  // namespace

std::vector<HookPlan> hook_plans() {
  std::vector<HookPlan> plans = {
      tracepoint("task_block", "sched_switch", "task_switch"),
      tracepoint("task_block", "sched_waking", "task_waking"),
      tracepoint("task_block", "sched_process_fork", "task_fork"),
      tracepoint("task_block", "sched_process_exec", "task_exec"),
      tracepoint("signal_exit", "signal_generate", "signal_sent"),
      tracepoint("signal_exit", "sched_process_exit", "signal_exit"),
  };
  add_calls(plans);
  plans.push_back(first_as_tracepoint(
      entry("fuse_wait", "fuse_request_send", "fuse_sent", {"request_wait_answer"}), "fuse_send"));
  plans.push_back(first_as_tracepoint(
      entry("fuse_wait", "fuse_request_end", "fuse_end", {"fuse_request_end"}), "fuse_end"));
  // Split into connection and channel in v7.2, observed on 7.2.13.
  plans.push_back(
      entry("fuse_wait", "fuse_abort_conn", "fuse_abort", {"fuse_chan_abort", "fuse_abort_conn"}));
  return plans;
}

const char* hook_how_name(HookHow how) {
  switch (how) {
    case HookHow::Tracepoint:
      return "tracepoint";
    case HookHow::Fentry:
      return "fentry";
    case HookHow::Kprobe:
      return "kprobe";
    case HookHow::Syscall:
      return "syscall tracepoint";
  }
  return "";
}

}  // namespace hangrate
