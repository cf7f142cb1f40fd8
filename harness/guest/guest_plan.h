// SPDX-License-Identifier: GPL-2.0-or-later
//
// GuestPlan: what the init of a guest has to do, and the lines it says on the channel besides the
// journals of the reproducers. Both sides are built from this header.
#pragma once

#include <string>
#include <vector>

namespace hangrate {

struct GuestPlan {
  std::vector<std::string> modules;                ///< files to load, in order
  std::vector<std::vector<std::string>> commands;  ///< argv; "--channel PATH" is added
  std::string folder;                              ///< where they start, "" = the root
  std::string path;                                ///< their $PATH, "" = none
  bool fixed_root = false;  ///< nothing may be written but below /dev/shm, /run, /tmp, /var/tmp
  bool lone_cpu = false;    ///< commands run with kLoneCpuVariable set: harness/sys/lone_cpu.h
};

/// {"type": ...} of init's own lines.
inline constexpr const char* kHelloLine =
    "hello";  ///< uptime_ns, release, build_id, failed: modules that did not load
inline constexpr const char* kBeginLine = "begin";  ///< command: its number
inline constexpr const char* kEndLine = "end";      ///< command, code, output
inline constexpr const char* kByeLine = "bye";      ///< all commands were run

inline constexpr const char* kPlanPath = "/hangrate/plan.json";
inline constexpr const char* kGuestHangrate = "/hangrate/bin/hangrate";
inline constexpr const char* kGuestCommandRunner = "/hangrate/libexec/hangrate/run-command";
inline constexpr const char* kReproFolder = "/hangrate/repros";
inline constexpr const char* kModuleFolder = "/hangrate/modules";

/// The device whose memory is the channel: ivshmem-plain of QEMU.
inline constexpr const char* kChannelVendor = "0x1af4";
inline constexpr const char* kChannelDevice = "0x1110";

/// The same in a user-mode kernel: the memory region its mmapper driver hands out.
inline constexpr const char* kUmlChannel = "mmapper";

/// Test hook on the kernel command line: init panics the kernel by sysrq this many ms after hello.
inline constexpr const char* kPanicOption = "hangrate.panic_ms=";

}  // namespace hangrate
