// SPDX-License-Identifier: GPL-2.0-or-later
//
// GuestProcess: a guest that is one process of this machine (QEMU, a user-mode kernel) with a
// channel to it. For the backends in this folder; nothing here waits, but for up to two seconds at
// the end.
#pragma once

#include <optional>
#include <string>

#include "harness/guest/machine.h"
#include "harness/sys/child.h"

namespace hangrate {

class GuestProcess final : public Machine {
 public:
  /// `name` is what its end is told of; `output` has what the process itself printed.
  GuestProcess(std::string name, ChannelReader channel, pid_t pid, UniqueFd output)
      : name_(std::move(name)),
        channel_(std::move(channel)),
        pid_(pid),
        output_(std::move(output)) {}
  ~GuestProcess() override;

  std::vector<std::string> take_lines() override { return channel_.take_lines(); }
  std::uint64_t beat() const override { return channel_.beat(); }
  bool corrupt() const override { return channel_.corrupt(); }
  bool running() override;
  std::string end_text() const override;
  void stop() override;

 private:
  std::string name_;
  ChannelReader channel_;
  pid_t pid_;
  UniqueFd output_;
  std::optional<ChildEnd> end_;
};

/// The memory file with the initramfs of `setup`: our init, its plan, the programs and modules.
Result<UniqueFd> make_guest_initramfs(const GuestSetup& setup);

/// "/proc/self/fd/N", for a program that inherits the descriptor.
std::string descriptor_path(int fd);

/// The backends start_guest() chooses from.
Result<std::unique_ptr<Machine>> start_qemu_guest(const GuestSetup& setup);
Result<std::unique_ptr<Machine>> start_uml_guest(const GuestSetup& setup);

}  // namespace hangrate
