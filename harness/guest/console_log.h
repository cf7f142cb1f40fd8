// SPDX-License-Identifier: GPL-2.0-or-later
//
// Finds in a guest's console what its kernel complained of. Pure.
#pragma once

#include <string_view>

#include "harness/model/console.h"

namespace hangrate {

/// In the order printed, each with up to kMostLines lines; at most kMostFindings. The phrases are
/// those of kernel/panic.c, kernel/hung_task.c, kernel/watchdog.c, kernel/rcu/tree_stall.h,
/// kernel/locking/lockdep.c, mm/kasan/report.c and arch/x86/kernel/dumpstack.c (v5.10 to v7).
std::vector<ConsoleFinding> findings_in(std::string_view console);

inline constexpr std::size_t kMostLines = 40;
inline constexpr std::size_t kMostFindings = 16;

}  // namespace hangrate
