// SPDX-License-Identifier: GPL-2.0-or-later
//
// What machine this is: kernel, preemption model, CPUs. Read once per run; files that do not exist
// or may not be read leave "unknown", never a guess.
#pragma once

#include <string>

#include "harness/model/environment.h"

namespace hangrate {

Environment read_environment();

/// Decides the preemption model from texts (pure): /sys/kernel/debug/sched/preempt ("none voluntary
/// (full)"), the kernel command line, the build configuration and `uname -v`; "" where unreadable.
PreemptModel decide_preempt(const std::string& debugfs, const std::string& cmdline,
                            const std::string& config, const std::string& uname_version);

/// The running kernel's build configuration: /proc/config.gz or /boot/config-RELEASE; "" if
/// neither.
std::string read_kernel_config(const std::string& release);

}  // namespace hangrate
