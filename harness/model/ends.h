// SPDX-License-Identifier: GPL-2.0-or-later
//
// How a stretch of work on a cell ended, and how a boot did. Plain values; their names in a journal
// are those of end_name().
#pragma once

#include <optional>
#include <string_view>

namespace hangrate {

enum class EndReason {
  None,         ///< not ended
  Trials,       ///< as many as were planned
  Hits,         ///< as many as were asked for
  Excluded,     ///< the rate asked for is excluded
  Budget,       ///< its time is over
  Skipped,      ///< cannot run here
  Infra,        ///< given up: the machine, or the reproducer, failed again and again
  Interrupted,  ///< by the user
};

enum class BootEnd {
  Interrupted,  ///< by the user, or its end is on no record
  Finished,
  Panic,
  Silent,   ///< no sign of life for too long
  NoHello,  ///< it never spoke
  Died,     ///< its machine ended without a word
  Corrupt,  ///< it said what cannot be
};

const char* end_name(EndReason reason);  ///< "" for None
const char* end_name(BootEnd end);

/// The reverse; a word of a later version ends nothing that was asked for: None, Interrupted.
EndReason end_reason_of(std::string_view name);
BootEnd boot_end_of(std::string_view name);

}  // namespace hangrate
