// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/hooks.h"

namespace hangrate {

namespace {

HookPlan tracepoint(std::string probe, std::string name, std::string program) {
  return {std::move(probe), name, {{HookHow::Tracepoint, std::move(program), "", {name}}}};
}

/// fentry programs are NAME_in and NAME_out, those of kprobes NAME_kin and NAME_kout.
HookPlan function(std::string probe, std::string hook, const std::string& name,
                  const std::vector<std::string>& targets, bool leaves = true) {
  return {std::move(probe),
          std::move(hook),
          {{HookHow::Fentry, name + "_in", leaves ? name + "_out" : "", targets},
           {HookHow::Kprobe, name + "_kin", leaves ? name + "_kout" : "", targets}}};
}

HookPlan or_syscall(HookPlan plan) {
  plan.ways.push_back({HookHow::Syscall, "pipe_sys_in", "pipe_sys_out", {"sys_enter"}});
  return plan;
}

HookPlan kprobe_only(HookPlan plan) {
  plan.ways.erase(plan.ways.begin());
  return plan;
}

HookPlan fentry_only(HookPlan plan) {
  plan.ways.resize(1);
  return plan;
}

HookPlan first_as_tracepoint(HookPlan plan, const std::string& name, const std::string& program) {
  plan.ways.insert(plan.ways.begin(), HookWay{HookHow::Tracepoint, program, "", {name}});
  return plan;
}

}  // namespace

std::vector<HookPlan> hook_plans() {
  return {
      tracepoint("task_block", "sched_switch", "task_switch"),
      tracepoint("task_block", "sched_waking", "task_waking"),
      tracepoint("task_block", "sched_process_fork", "task_fork"),
      tracepoint("task_block", "sched_process_exec", "task_exec"),
      tracepoint("signal_exit", "signal_generate", "signal_sent"),
      tracepoint("signal_exit", "sched_process_exit", "signal_exit"),
      // f017b0a4951f "pipe: don't update {a,c,m}time for anonymous pipes" (v6.15) renamed them;
      // fifo_pipe_read and fifo_pipe_write call the anonymous ones.
      or_syscall(function("pipe_ops", "pipe_read", "pipe_read", {"anon_pipe_read", "pipe_read"})),
      or_syscall(
          function("pipe_ops", "pipe_write", "pipe_write", {"anon_pipe_write", "pipe_write"})),
      or_syscall(function("pipe_ops", "pipe_fcntl", "pipe_fcntl", {"pipe_fcntl"})),
      function("pipe_ops", "pipe_resize_ring", "pipe_resize", {"pipe_resize_ring"}),
      fentry_only(function("pipe_ops", "pipe_release", "pipe_release", {"pipe_release"})),
      // 472e5b056f00 "pipe: remove pipe_wait() and fix wakeup race with splice" (v5.9) made them.
      fentry_only(
          function("pipe_ops", "pipe_wait_writable", "splice_write", {"pipe_wait_writable"})),
      fentry_only(
          function("pipe_ops", "pipe_wait_readable", "splice_read", {"pipe_wait_readable"})),
      or_syscall(function("signal_exit", "do_wait", "wait", {"do_wait"})),
      function("signal_exit", "zap_pid_ns_processes", "zap", {"zap_pid_ns_processes"}),
      function("fuse_wait", "fuse_flush", "fuse_flush", {"fuse_flush"}),
      function("fuse_wait", "request_wait_answer", "fuse_wait", {"request_wait_answer"}),
      first_as_tracepoint(
          function("fuse_wait", "fuse_request_send", "fuse_sent", {"request_wait_answer"}, false),
          "fuse_request_send", "fuse_send"),
      first_as_tracepoint(
          function("fuse_wait", "fuse_request_end", "fuse_end", {"fuse_request_end"}, false),
          "fuse_request_end", "fuse_end"),
      // Split into connection and channel in v7.2, observed on 7.2.13.
      function("fuse_wait", "fuse_abort_conn", "fuse_abort", {"fuse_chan_abort", "fuse_abort_conn"},
               false),
      kprobe_only(function("p9_flush", "p9_client_rpc", "p9_rpc", {"p9_client_rpc"})),
      kprobe_only(function("p9_flush", "p9_client_flush", "p9_flush", {"p9_client_flush"})),
  };
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
