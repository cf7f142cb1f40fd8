// SPDX-License-Identifier: GPL-2.0-or-later
//
// What counts as a complaint of a kernel, by the conventions with which kernels open one. Pure;
// only for console_log.
//
// A complaint is a message with which a kernel says of itself, or of what it runs on, that
// something is wrong: a panic; a fault or BUG; data found corrupted; the report of a checker
// (KASAN, KFENCE, KCSAN, KMSAN, UBSAN, lockdep); a lockup, stall or hung task; a WARN; memory or
// hardware that gave out. Not a complaint: a mitigation that is off, a limit of a checker, a device
// that failed to probe, advice. The openers are those of v5.10 to v7.2; scripts/kernel-complaints
// reads them out of a kernel's source, and a test holds this table against each.
#pragma once

#include <string_view>

namespace hangrate {

/// The kind (a word of gravity_of()) of the complaint that begins with this message, "" if it
/// begins none. `message` is what parse_console_line() left. Looks at its beginning: a complaint
/// that is quoted within a message is no complaint.
std::string_view complaint_in(std::string_view message);

/// "------------[ cut here ]------------": what is said next belongs to a report (lib/bug.c,
/// kernel/panic.c).
bool announces_report(std::string_view message);
/// "---[ end trace ... ]---", "---[ end Kernel panic ... ]---".
bool ends_report(std::string_view message);

}  // namespace hangrate
