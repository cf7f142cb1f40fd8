// SPDX-License-Identifier: GPL-2.0-or-later
//
// What machine this is: kernel, preemption model, CPUs. Read once per run; files that do not exist
// or may not be read leave "unknown", never a guess.
#pragma once

#include <map>
#include <string>

#include "harness/model/environment.h"

namespace hangrate {

Environment read_environment();

/// The settings Environment::sysctls keeps, from files below `root`: one read of at most 255 bytes
/// each. What is not there, may not be read or is longer is left out.
std::map<std::string, std::string> read_sysctls(const std::string& root = "/proc/sys");

/// Decides the preemption model from texts (pure): /sys/kernel/debug/sched/preempt ("none voluntary
/// (full)"), the kernel command line, the build configuration and `uname -v`; "" where unreadable.
PreemptModel decide_preempt(const std::string& debugfs, const std::string& cmdline,
                            const std::string& config, const std::string& uname_version);

/// The running kernel's build configuration: /proc/config.gz or /boot/config-RELEASE; "" if
/// neither.
std::string read_kernel_config(const std::string& release);

}  // namespace hangrate
