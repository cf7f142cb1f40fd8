// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/waits/spinning.h"

#include <fmt/format.h>

#include "harness/base/text.h"

namespace hangrate {

namespace {

/// "0 0x3 0x7f..." where it could be read: not while the task runs.
bool shows_call(const std::string& syscall) {
  return !syscall.empty() && is_digit(syscall.front());
}

std::string words(const CpuSample& now, Nanos kernel_time, Nanos seen_for) {
  const char* where = (now.flags & kFlagExiting) != 0 ? "it exits, and " : "";
  return fmt::format(
      "{}it used {:.1f} s of CPU in the kernel within {:.1f} s and was never seen in user mode: no "
      "read or write of it ended, no page came, it did not sleep. One system call that does not "
      "end, or calls between which it spends next to no time",
      where, to_seconds(kernel_time), to_seconds(seen_for));
}

}  // namespace

std::string left_the_kernel(const CpuSample& first, const CpuSample& now) {
  if (first.started != now.started) return "it is another task";
  if (now.state != 'R' && now.state != 'D') return "it does not run";
  if (now.user != first.user) return "it ran in user mode";
  if (!now.voluntary || now.voluntary != first.voluntary) return "it slept, or that is not known";
  if (now.io.empty() || now.io != first.io) return "a read or write ended, or that is not known";
  if (now.faults != first.faults) return "it touched new pages";
  const bool both = shows_call(first.syscall) && shows_call(now.syscall);
  return both && first.syscall != now.syscall ? "it made another call" : "";
}

std::optional<SpinningTask> spinning(const CpuSample& first, const CpuSample& now, Nanos enough,
                                     Nanos tick) {
  if (!left_the_kernel(first, now).empty()) return std::nullopt;
  const Nanos kernel_time = static_cast<Nanos>(now.kernel - first.kernel) * tick;
  if (now.kernel < first.kernel || kernel_time < enough) return std::nullopt;
  SpinningTask told;
  told.task = {.pid = now.pid, .tid = now.tid, .comm = now.comm, .state = now.state};
  if (!now.stack.empty()) told.task.place = now.stack.front();
  told.kernel_time = kernel_time;
  told.seen_for = now.when - first.when;
  told.stack = now.stack;
  told.why = words(now, told.kernel_time, told.seen_for);
  return told;
}

}  // namespace hangrate
