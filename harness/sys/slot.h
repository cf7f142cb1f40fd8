// SPDX-License-Identifier: GPL-2.0-or-later
//
// The slot of hang.h in the words of C++: what a supervisor and one worker share.
#pragma once

#include <new>

#define HANG_SLOT_ONLY
#include "repros/kit/hang.h"
#undef HANG_SLOT_ONLY

namespace hangrate::protocol {

using Slot = hang_slot;
using SearchTable = hang_search;
using Arm = hang_arm;
using Shot = hang_shot;
using Party = hang_party;

inline constexpr const char* kSlotFdVariable = HANG_SLOT_FD;
inline constexpr const char* kBellFdVariable = HANG_BELL_FD;
inline constexpr const char* kSearchFdVariable = HANG_SEARCH_FD;
inline constexpr const char* kRecordVariable = HANG_RECORD;
inline constexpr const char* kRecordLineVariable = HANG_RECORD_LINE;
inline constexpr std::size_t kRecordHead = HANG_HEAD;
inline constexpr std::size_t kRecordLine = HANG_LINE;
inline constexpr std::size_t kMaxParties = HANG_MOST_PARTIES;
inline constexpr std::size_t kMaxArms = HANG_MOST_ARMS;
inline constexpr std::size_t kSlotBytes = HANG_SLOT_BYTES;
inline constexpr std::size_t kSearchBytes = HANG_SEARCH_BYTES;

enum class Verb : std::uint32_t {
  None = HANG_NONE,
  Lease = HANG_LEASE,
  Check = HANG_CHECK,
  Lever = HANG_LEVER,
  Continue = HANG_CONTINUE,
};

/// An empty slot of this version in `memory`, kSlotBytes long.
inline Slot* make_slot(void* memory) {
  auto* slot = new (memory) Slot{};
  slot->magic = HANG_MAGIC;
  slot->version = HANG_VERSION;
  return slot;
}

inline constexpr std::uint32_t make_command(std::uint32_t sequence, Verb verb) {
  return sequence << 8 | static_cast<std::uint32_t>(verb);
}

}  // namespace hangrate::protocol
