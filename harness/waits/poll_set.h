// SPDX-License-Identifier: GPL-2.0-or-later
//
// What poll(2) and select(2) wait for, from the copy of their sets in the memory of the task. The
// kernel read it when the call began, and writes it when the call returns (fs/select.c, v5.10 to
// v7.2): while the task sleeps it is what was asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/model/evidence.h"

namespace hangrate {

/// Events of poll(2), the same numbers on every architecture for these.
inline constexpr std::uint32_t kPollIn = 0x1;
inline constexpr std::uint32_t kPollPriority = 0x2;
inline constexpr std::uint32_t kPollOut = 0x4;
inline constexpr std::uint32_t kPollError = 0x8;
inline constexpr std::uint32_t kPollHangUp = 0x10;

struct PolledFile {
  int number = -1;
  std::uint32_t events = 0;                          ///< asked for
  std::uint32_t unasked = kPollError | kPollHangUp;  ///< end the call as well
  bool operator==(const PolledFile&) const = default;
};

bool is_poll(const TaskSample& task);
bool is_select(const TaskSample& task);

/// Of a task in one of these calls; `memory` as memory_wanted() wants it. Numbers that are not
/// looked at are left out. nullopt: it was not read.
std::optional<std::vector<PolledFile>> poll_set(const TaskSample& task, const std::string& memory);

}  // namespace hangrate
