// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether tracing BPF is allowed: loads a two-instruction raw tracepoint program and attaches it.
#include <cerrno>
#include <cstring>

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/base/file.h"
#include "harness/base/unique_fd.h"
#include "harness/sys/capabilities.h"

namespace hangrate {

namespace {

int bpf(int command, bpf_attr& attributes) {
  return static_cast<int>(::syscall(SYS_bpf, command, &attributes, sizeof attributes));
}

__u64 pointer(const void* address) {
  return static_cast<__u64>(reinterpret_cast<std::uintptr_t>(address));
}

/// 0, or the errno that refused it.
int try_tracing() {
  bpf_insn program[2] = {};
  program[0].code = BPF_ALU64 | BPF_MOV | BPF_K;  // r0 = 0
  program[1].code = BPF_JMP | BPF_EXIT;
  const char license[] = "GPL";
  bpf_attr load{};
  load.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT;
  load.insns = pointer(program);
  load.insn_cnt = 2;
  load.license = pointer(license);
  const UniqueFd loaded(bpf(BPF_PROG_LOAD, load));
  if (!loaded) return errno;
  const char hook[] = "sched_process_exit";
  bpf_attr attach{};
  attach.raw_tracepoint.name = pointer(hook);
  attach.raw_tracepoint.prog_fd = static_cast<__u32>(loaded.get());
  const UniqueFd attached(bpf(BPF_RAW_TRACEPOINT_OPEN, attach));
  return attached ? 0 : errno;
}

}  // namespace

Capability probe_bpf() {
  const int error = try_tracing();
  if (error == 0) return {"bpf", true, "a tracing program attaches", ""};
  Capability c{"bpf", false, std::string(std::strerror(error)) + " (" + std::to_string(error) + ")", ""};
  const std::string lockdown = first_line("/sys/kernel/security/lockdown");
  if (::geteuid() != 0) {
    c.remedy = "run as root (CAP_BPF and CAP_PERFMON)";
  } else if (error == EPERM) {
    const bool says = lockdown.find("[integrity]") != lockdown.npos ||
                      lockdown.find("[confidentiality]") != lockdown.npos;
    c.detail += says ? ", kernel lockdown is " + lockdown : ", refused by kernel lockdown or a container";
    c.remedy = "boot without lockdown=confidentiality, or run in a VM; verdicts rest on /proc here";
  } else {
    c.remedy = "needs CONFIG_BPF_SYSCALL and CONFIG_BPF_EVENTS";
  }
  return c;
}

}  // namespace hangrate
