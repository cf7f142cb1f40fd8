// SPDX-License-Identifier: GPL-2.0-or-later
//
// Signals of a task, from the masks that proc_pid_status(5) shows. The numbers are those of every
// architecture but Alpha, MIPS, PA-RISC and SPARC.
#pragma once

#include <cstdint>

#include "harness/model/snapshot.h"

namespace hangrate {

constexpr std::uint64_t signal_bit(int number) {
  return std::uint64_t{1} << (number - 1);
}
inline constexpr int kKill = 9;
inline constexpr int kAlarm = 14;
inline constexpr int kChild = 17;
/// A fault of its own raises them (ILL, TRAP, BUS, FPE, SEGV, SYS), or libc keeps them for itself
/// (32, 33): no other task is expected to send one.
inline constexpr std::uint64_t kOfItsOwn = signal_bit(4) | signal_bit(5) | signal_bit(7) |
                                           signal_bit(8) | signal_bit(11) | signal_bit(31) |
                                           signal_bit(32) | signal_bit(33);

/// Those that would run a handler.
inline std::uint64_t handled(const SeenTask& task) {
  return task.caught & ~task.blocked;
}

}  // namespace hangrate
