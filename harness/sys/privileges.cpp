// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/privileges.h"

#include <cstdint>

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace hangrate {

namespace {

// By number where headers older than the kernel lack the name: PERFMON, BPF (v5.8),
// CHECKPOINT_RESTORE (v5.9).
constexpr unsigned kNotForReproducers[] = {CAP_SYS_MODULE,
                                           CAP_SYS_RAWIO,
                                           CAP_SYS_BOOT,
                                           CAP_SYS_TIME,
                                           CAP_SYS_TTY_CONFIG,
                                           CAP_AUDIT_WRITE,
                                           CAP_SETFCAP,
                                           CAP_AUDIT_CONTROL,
                                           CAP_MAC_ADMIN,
                                           CAP_MAC_OVERRIDE,
                                           CAP_SYSLOG,
                                           CAP_WAKE_ALARM,
                                           CAP_BLOCK_SUSPEND,
                                           CAP_AUDIT_READ,
                                           38,
                                           39,
                                           40};

constexpr std::uint32_t kForHelpers = 1u << CAP_DAC_OVERRIDE | 1u << CAP_DAC_READ_SEARCH |
                                      1u << CAP_KILL | 1u << CAP_SYS_PTRACE | 1u << CAP_SYS_ADMIN |
                                      1u << CAP_SYS_NICE;

}  // namespace

void drop_what_no_reproducer_needs() {
  for (const unsigned capability : kNotForReproducers) ::prctl(PR_CAPBSET_DROP, capability);
}

void keep_what_a_helper_needs() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
  if (::syscall(SYS_capget, &header, data) != 0) return;
  data[0].effective &= kForHelpers;
  data[0].permitted &= kForHelpers;
  data[0].inheritable = 0;
  data[1] = {};
  ::syscall(SYS_capset, &header, data);
}

}  // namespace hangrate
