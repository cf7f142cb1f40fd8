// SPDX-License-Identifier: GPL-2.0-or-later
//
// StatedExpectation: what whoever started a run says of this kernel, because its version cannot:
// a vendor's tree has fixes that its number does not tell. Kept with the results.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "harness/base/error.h"

namespace hangrate {

enum class StatedWord { Unknown, Affected, Fixed };

/// "affected", "fixed", "unknown"; nothing else.
std::optional<StatedWord> stated_word(std::string_view text);
const char* stated_word_name(StatedWord word);

struct StatedExpectation {
  StatedWord value = StatedWord::Unknown;
  std::string because;  ///< never empty: a statement without a reason cannot be checked
  bool operator==(const StatedExpectation&) const = default;
};

/// By reproducer.
using StatedExpectations = std::map<std::string, StatedExpectation>;

/// Adds "REPRO=WORD:REASON", as --expect takes it. `only`: what REPRO means if it is left out, ""
/// if it must be there. Whether there is such a reproducer is for the caller to know.
Result<void> add_stated(StatedExpectations& stated, const std::string& text,
                        const std::string& only = "");

/// As --expect takes it.
std::string stated_text(const std::string& repro, const StatedExpectation& stated);

}  // namespace hangrate
