// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether tracing BPF is allowed: loads a raw tracepoint program that reads kernel memory, as every
// useful one does, and attaches it. Lockdown "confidentiality" lets a program attach that reads
// nothing, but refuses this one (LOCKDOWN_BPF_READ_KERNEL, kernel/trace/bpf_trace.c, v5.4 and
// later).
#include <cerrno>
#include <cstring>

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/base/file.h"
#include "harness/base/unique_fd.h"
#include "harness/sys/capabilities.h"
#include "harness/sys/lone_cpu.h"

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
  const auto insn = [](int code, int target, int source, int offset, int value) {
    bpf_insn i{};
    i.code = static_cast<__u8>(code);
    i.dst_reg = static_cast<__u8>(target & 0xf);
    i.src_reg = static_cast<__u8>(source & 0xf);
    i.off = static_cast<__s16>(offset);
    i.imm = value;
    return i;
  };
  const bpf_insn program[] = {
      insn(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_3, BPF_REG_1, 0, 0),   // from: the context
      insn(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_1, BPF_REG_10, 0, 0),  // to: the stack
      insn(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_1, 0, 0, -8),
      insn(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_2, 0, 0, 8),  // bytes
      insn(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_probe_read_kernel),
      insn(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0),
      insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
  };
  const char license[] = "GPL";
  bpf_attr load{};
  load.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT;
  load.insns = pointer(program);
  load.insn_cnt = sizeof program / sizeof program[0];
  load.license = pointer(license);
  const UniqueFd loaded(bpf(BPF_PROG_LOAD, load));
  if (!loaded) return errno;
  const char hook[] = "sched_process_exit";
  bpf_attr attach{};
  attach.raw_tracepoint.name = pointer(hook);
  attach.raw_tracepoint.prog_fd = static_cast<__u32>(loaded.get());
  const LoneCpu alone = LoneCpu::if_wanted();
  const UniqueFd attached(bpf(BPF_RAW_TRACEPOINT_OPEN, attach));
  return attached ? 0 : errno;
}

}  // namespace

Capability probe_bpf() {
  const int error = try_tracing();
  if (error == 0) return {"bpf", true, "a program that reads kernel memory attaches", ""};
  Capability c{"bpf", false, std::string(std::strerror(error)) + " (" + std::to_string(error) + ")",
               ""};
  const std::string lockdown = first_line("/sys/kernel/security/lockdown");
  if (::geteuid() != 0) {
    c.remedy = "run as root (CAP_BPF and CAP_PERFMON)";
  } else if (error == EPERM || error == EINVAL) {
    const bool says = lockdown.find("[integrity]") != lockdown.npos ||
                      lockdown.find("[confidentiality]") != lockdown.npos;
    c.detail +=
        says ? ", kernel lockdown is " + lockdown : ", refused by kernel lockdown or a container";
    c.remedy = "boot without lockdown=confidentiality, or run in a VM; verdicts rest on /proc here";
  } else {
    c.remedy = "needs CONFIG_BPF_SYSCALL and CONFIG_BPF_EVENTS";
  }
  return c;
}

}  // namespace hangrate
