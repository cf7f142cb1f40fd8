// SPDX-License-Identifier: GPL-2.0-or-later
//
// LoneCpu: takes every CPU but the first offline for its lifetime. For the rewriting of kernel code
// in an emulated guest: QEMU under TCG may keep a translation of the breakpoint that a call site
// holds for a moment, and a virtual CPU then takes that breakpoint for ever. Seen with QEMU 7.2.22
// within 20 times of switching the sched_switch event on and off, not in 3,000 with 10.0.2; the fix
// is QEMU's deba78709ae8 "accel/tcg: Always lock pages before translation" (v8.1.0).
#pragma once

#include <csignal>
#include <string>
#include <vector>

namespace hangrate {

/// Set to "1" for programs in a guest whose emulator may do that.
inline constexpr const char* kLoneCpuVariable = "HANGRATE_LONE_CPU";

class [[nodiscard]] LoneCpu {
 public:
  /// Does nothing unless kLoneCpuVariable is set: other people's CPUs are left alone. Tasks that
  /// are pinned to another CPU lose their affinity for good.
  static LoneCpu if_wanted();

  /// `folder`: /sys/devices/system/cpu. Signals that would end us wait until the CPUs are back.
  explicit LoneCpu(const std::string& folder);
  ~LoneCpu() { bring_back(); }
  LoneCpu(const LoneCpu&) = delete;
  LoneCpu& operator=(const LoneCpu&) = delete;
  LoneCpu(LoneCpu&& other) noexcept;
  LoneCpu& operator=(LoneCpu&&) = delete;

  /// CPUs that could not be taken offline, with the reason; "" if there are none.
  const std::string& stayed() const { return stayed_; }
  /// Brings the CPUs back. What did not come after some tries, with the reason; "" if all came.
  std::string bring_back();

 private:
  LoneCpu() = default;
  bool wanted_ = false;
  sigset_t signals_{};              ///< the mask before
  std::vector<std::string> taken_;  ///< their "online" files
  std::string stayed_;
};

}  // namespace hangrate
