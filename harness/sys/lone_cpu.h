// SPDX-License-Identifier: GPL-2.0-or-later
//
// LoneCpu: takes every CPU but the first offline for its lifetime. For the rewriting of kernel code
// in an emulated guest: QEMU under TCG may keep a translation of the breakpoint that a call site
// holds for a moment, and a virtual CPU then takes that breakpoint for ever. Seen with QEMU 7.2.22
// within 20 times of switching the sched_switch event on and off, not in 3,000 with 10.0.2; the fix
// is QEMU's deba78709ae8 "accel/tcg: Always lock pages before translation" (v8.1.0).
#pragma once

#include <string>
#include <vector>

namespace hangrate {

/// Set to "1" for programs in a guest whose emulator may do that.
inline constexpr const char* kLoneCpuVariable = "HANGRATE_LONE_CPU";

class [[nodiscard]] LoneCpu {
 public:
  /// Does nothing unless kLoneCpuVariable is set: other people's CPUs are left alone.
  static LoneCpu if_wanted();

  /// `folder`: /sys/devices/system/cpu. A CPU that cannot be taken offline stays.
  explicit LoneCpu(std::string folder);
  ~LoneCpu();  ///< brings them back; one that does not come is told on stderr
  LoneCpu(const LoneCpu&) = delete;
  LoneCpu& operator=(const LoneCpu&) = delete;
  LoneCpu(LoneCpu&& other) noexcept = default;
  LoneCpu& operator=(LoneCpu&&) = delete;

 private:
  LoneCpu() = default;
  std::vector<std::string> taken_;  ///< their "online" files
};

}  // namespace hangrate
