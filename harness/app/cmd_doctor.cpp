// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "harness/app/commands.h"
#include "harness/app/drive.h"
#include "harness/app/exit_codes.h"
#include "harness/app/flight.h"
#include "harness/app/sweeping.h"
#include "harness/guest/accel.h"
#include "harness/guest/guest_confinement.h"
#include "harness/kernel/guest_kernel.h"
#include "harness/model/json.h"
#include "harness/report/safe_text.h"
#include "harness/sys/capabilities.h"
#include "harness/sys/environment.h"

namespace hangrate {

namespace {

const char* meaning(const std::string& name) {
  if (name == "status") return "task states, context switches: without it no hit can be proven";
  if (name == "stack") return "kernel stacks: tells a flush from a lookup";
  if (name == "wchan") return "the function a task waits in";
  if (name == "syscall") return "the system call a task is in";
  if (name == "fd") return "second opinion on an invariant";
  if (name == "bpf") return "tracing BPF";
  if (name == "cgroup") return "finding every leftover process";
  if (name == "fuse") return "fuse_flush_exit";
  if (name == "realtime") return "SCHED_FIFO writers";
  if (name == "kvm") return "fast guests";
  if (name == "confined") return "a guest that breaks QEMU finds nothing";
  return "";
}

struct Options {
  bool json = false;
  bool clean = false;
  std::string guest_kernel;
};

/// Tries KVM, unless that was done since this machine started and nobody asks for more.
Capability kvm_here(const std::string& image) {
  const std::string cache = default_kernel_cache();
  if (image.empty()) {
    if (auto known = remembered_kvm(cache)) {
      known->detail += " (remembered since this machine started; --guest-kernel tries again)";
      return *known;
    }
  }
  const std::string own = image.empty() ? newest_kernel_image() : image;
  const auto cached = own.empty() ? cached_kernels(cache) : std::vector<GuestKernel>();
  return try_kvm(cache, cached.empty() ? own : cached.front().image);
}

/// What the flight recorder attaches to on this kernel, way by way.
void print_hooks(const TraceSetup& trace) {
  if (!trace.refused.empty()) {
    say("NO   trace     {}\n", safe_line(trace.refused));
    say("     {:<9} for: explaining a hang by kernel events; verdicts rest on /proc\n", "");
    return;
  }
  const auto missing = std::count_if(trace.hooks.begin(), trace.hooks.end(),
                                     [](const HookFact& hook) { return hook.how.empty(); });
  say("yes  trace     {} of {} hooks, attached in {:.2f} s\n",
      trace.hooks.size() - static_cast<std::size_t>(missing), trace.hooks.size(),
      to_seconds(trace.start));
  say("     {:<9} for: explaining a hang by kernel events\n", "");
  for (const HookFact& hook : trace.hooks) {
    say("     {:<9} {:<22} {}\n", "", hook.hook,
        safe_line(hook.how.empty() ? "no: " + hook.why_not : hook.how));
  }
}

/// Unknown is not clean: what could not be looked at counts as left.
int clean() {
  const SweepReport report = sweep_leftovers();
  say("swept       {}\n", report.text());
  if (report.owned > 0) say("in flight   {}: not touched\n", report.owned);
  tell_left(report);
  return finish_stdout(report.clean() ? kExitAsExpected : kExitInfrastructure);
}

int doctor(const Options& options) {
  if (options.clean) return clean();
  Environment e = read_environment();
  e.capabilities = probe_capabilities();
  e.capabilities.push_back(kvm_here(options.guest_kernel));
  e.capabilities.push_back(probe_confinement(e.capabilities.back().works ? "kvm" : "tcg"));
  TraceSetup trace;
  trace.mode = TraceMode::OnHit;
  static_cast<void>(start_recorder(trace));
  if (options.json) {
    Json json = to_json_value(e);
    json["trace"] = to_json_value(trace);
    say("{}", dump_pretty(json));
    return finish_stdout(0);
  }
  say("kernel      {} {}\n", e.release, e.version);
  say("preemption  {}, active: {} ({})\n", e.preempt.build, e.preempt.active, e.preempt.source);
  say("CPUs        {}{}\n", e.cpus, e.cpus == 1 ? ": races between CPUs cannot happen here" : "");
  say("machine     {}, virtualization {}\nuser        {}\n\n", e.machine, e.virtualization,
      e.root ? "root" : "not root");
  for (const Capability& c : e.capabilities) {
    say("{:<4} {:<9} {}\n", c.works ? "yes" : "NO", c.name, c.detail);
    say("     {:<9} for: {}\n", "", meaning(c.name));
    if (!c.works && !c.remedy.empty()) say("     {:<9} remedy: {}\n", "", c.remedy);
  }
  print_hooks(trace);
  return finish_stdout(0);
}

}  // namespace

CommandBody add_doctor_command(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "doctor", "Tell which evidence sources work here and how to enable the rest; --clean sweeps");
  command->add_flag("--clean", options->clean,
                    "Instead: remove what killed runs of yours have left (FUSE connections, tasks, "
                    "cgroups, mounts, folders); exit 0 if nothing is left, else 3");
  command->add_flag("--json", options->json, "As JSON");
  command->add_option(
      "--guest-kernel", options->guest_kernel,
      "Kernel image to try KVM with (default: the newest in /boot, else one of the cache)");
  return [options] { return doctor(*options); };
}

}  // namespace hangrate
