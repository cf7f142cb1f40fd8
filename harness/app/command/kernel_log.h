// SPDX-License-Identifier: GPL-2.0-or-later
//
// KernelLog: what the kernel logs while a command runs, read from /dev/kmsg.
#pragma once

#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <utility>

namespace hangrate {

/// The message of a record of /dev/kmsg. nullopt: it is malformed, or a program wrote it, who may
/// write anything.
std::optional<std::string> kernel_message(std::string_view record);

class KernelLog {
 public:
  /// `fd`: /dev/kmsg, not blocking, ours; -1: there is none. Begins at its end.
  void follow(int fd);
  bool open() const { return fd_ >= 0; }
  /// The first message since the last call that matches; reads all there are.
  std::optional<std::string> first_match(const std::regex& pattern);
  /// Were messages overwritten before we read them, since this was asked last?
  bool lost() { return std::exchange(lost_, false); }

 private:
  int fd_ = -1;
  bool lost_ = false;
};

}  // namespace hangrate
