// SPDX-License-Identifier: GPL-2.0-or-later
//
// Pure parsers of /proc/PID/task/TID/ files: text in, fields of a TaskSample out. They never read a
// file, so they can be fuzzed and replayed. Malformed text is recorded as an Absence.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "harness/model/cpu_sample.h"
#include "harness/model/evidence.h"
#include "harness/model/snapshot.h"
#include "harness/model/task_motion.h"

namespace hangrate {

/// Fills state, flags and comm from proc_pid_stat(5). The comm may hold ")", spaces and newlines.
void parse_stat(std::string_view text, TaskSample& sample);
/// The parent's process id in a proc_pid_stat(5), nullopt if malformed.
std::optional<int> parent_of(std::string_view stat);
/// Fills context switches, pending signals and tracer from proc_pid_status(5).
void parse_status(std::string_view text, TaskSample& sample);
/// Fills name and state from proc_pid_status(5), for whom proc_pid_stat(5) cannot be asked.
void parse_name_and_state(std::string_view status, TaskSample& sample);
/// "0" means unknown, not "nowhere": fs/proc/base.c proc_pid_wchan() prints it when access is
/// refused.
void parse_wchan(std::string_view text, TaskSample& sample);
/// proc_pid_syscall(5); "running" and "-1 ..." (blocked outside a system call) are kept as they
/// are.
void parse_syscall(std::string_view text, TaskSample& sample);
/// One function name per frame, innermost first; offsets, modules and unreliable marks dropped.
void parse_stack(std::string_view text, TaskSample& sample);

/// Number of the system call in `TaskSample::syscall`, -1 if unknown or not in one.
long syscall_number(const TaskSample& sample);
/// Its argument `index`, counted from 0; nullopt if it is not known.
std::optional<std::uint64_t> syscall_argument(const TaskSample& sample, std::size_t index);

/// Fills what a SeenTask has beside its sample: the parent from proc_pid_stat(5),
/// signal masks and numbers from proc_pid_status(5). The sample too.
void parse_stat(std::string_view text, SeenTask& task);
void parse_status(std::string_view text, SeenTask& task);

/// Fills what a CpuSample has of proc_pid_stat(5); false: malformed.
bool parse_stat(std::string_view text, CpuSample& sample);
/// Its voluntary context switches from proc_pid_status(5).
void parse_status(std::string_view text, CpuSample& sample);
/// /proc/PID/schedstat (Documentation/scheduler/sched-stats.rst); nullopt: malformed, or nothing is
/// counted.
std::optional<TaskMotion> parse_schedstat(std::string_view text);

}  // namespace hangrate
