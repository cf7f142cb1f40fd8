// SPDX-License-Identifier: GPL-2.0-or-later
//
// Machine: something that runs reproducers and sends back lines. A guest under QEMU, or this
// machine itself. Nothing here waits: whoever owns it asks it now and then.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "harness/base/clock.h"
#include "harness/base/error.h"
#include "harness/base/unique_fd.h"
#include "harness/sys/channel.h"

namespace hangrate {

/// argv of one reproducer; argv[0] is its program on this machine.
using MachineCommand = std::vector<std::string>;

class Machine {
 public:
  virtual ~Machine() = default;

  /// Lines that arrived: init's own and those of the journals, in order.
  virtual std::vector<std::string> take_lines() = 0;
  /// Rises while the machine is alive.
  virtual std::uint64_t beat() const = 0;
  /// What it shares with us was overwritten: nothing it says can be believed.
  virtual bool corrupt() const = 0;
  /// False once it has ended; all its lines can then be taken.
  virtual bool running() = 0;
  /// How it ended, for the reader.
  virtual std::string end_text() const = 0;
  /// Ends it: a guest at once, a native one when its supervisor has freed its victims, or at once
  /// when told again.
  virtual void stop() = 0;
};

inline constexpr const char* kUserMode = "uml";

inline constexpr std::uint64_t kMostConsole = 64u << 20;
inline constexpr Nanos kLongestGuest = 24 * 3600 * kSecond;

/// A file that a guest gets, as a program.
struct GuestFile {
  std::string path;       ///< absolute, in the guest
  std::string host_path;  ///< the file of this machine; "": it holds `text`
  std::string text;
};

/// What commands of a user find in a guest, beside what is ours.
struct GuestPayload {
  int archive = -1;         ///< descriptor of a Payload's archive, which must outlive the start
  std::string folder;       ///< where commands start
  std::string path;         ///< $PATH
  bool whole_root = false;  ///< it is a root that somebody else made, which no command may change
};

struct GuestSetup {
  std::string image;    ///< bzImage, or a user-mode kernel
  std::string modules;  ///< folder with modules.dep, "" = none
  std::string init;     ///< our init, a static program
  std::vector<GuestFile> files;
  std::vector<MachineCommand> commands;
  GuestPayload payload;
  std::string cmdline;            ///< added last, so it wins
  std::vector<std::string> qemu;  ///< words for QEMU, added last
  std::string accel = "tcg";      ///< "tcg", "kvm", or kUserMode: the image runs by itself
  int cpus = 2;
  int memory_mib = 1024;
  int console = -1;    ///< descriptor of the file the guest's console goes to
  std::string folder;  ///< for what a user-mode kernel puts beside it
  std::uint64_t most_console = kMostConsole;  ///< bytes; beyond them the guest's process ends
  Nanos wall = kLongestGuest;                 ///< bounds the CPU time of its process
};

/// Starts a guest. No shell, no disk but what `qemu` shares, no network; it ends with us.
Result<std::unique_ptr<Machine>> start_guest(const GuestSetup& setup);

/// Runs the commands on this machine's own kernel, one after the other. `console`, a descriptor
/// that must outlive the machine, gets what they print.
Result<std::unique_ptr<Machine>> start_native(std::vector<MachineCommand> commands, int console);

/// The program that runs guests, "" if it is not installed.
std::string qemu_program();

}  // namespace hangrate
