// SPDX-License-Identifier: GPL-2.0-or-later
//
// ConsoleLine: one line of a console, a log or a network console, taken apart into what the
// transport put before it and the message itself. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hangrate {

struct ConsoleLine {
  std::string_view message;
  std::string_view caller;  ///< "T412" or "C0" (CONFIG_PRINTK_CALLER), "" if unknown
  bool marked = false;      ///< a mark says that a kernel's log printed it
  bool foreign = false;     ///< a mark says that a program wrote it, through whatever log
  std::optional<std::uint64_t> stamp;  ///< microseconds since boot, if printk put them
};

/// Marks are those of kernel/printk/printk.c (v5.10 to v7.2): "<4>", "[   12.345678]", "[    T1]",
/// a record of /dev/kmsg or of an extended netconsole "6,123,456,-,caller=T1;"; and of the logs
/// that carry them on: syslog and journald in each of their times, "[Fri Nov 27 ...]", "kern :err
/// :" of dmesg. The views point into `line`.
ConsoleLine parse_console_line(std::string_view line);

/// A record as /dev/kmsg gives it, "6,123,456,-,caller=T1;message\n NAME=value"
/// (Documentation/ABI/testing/dev-kmsg): its message alone, with whatever stands in it. nullopt: it
/// is malformed.
std::optional<ConsoleLine> parse_log_record(std::string_view record);

/// Where a kernel's line begins in one that a program began and did not end: at the first time in
/// printk's own width. npos if there is none.
std::size_t torn_mark(std::string_view line);

/// Without escape sequences (ECMA-48); `room` holds the text if there were any.
std::string_view without_colours(std::string_view line, std::string& room);

}  // namespace hangrate
