// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/model/stated_expectation.h"

namespace hangrate {

std::optional<StatedWord> stated_word(std::string_view text) {
  for (const StatedWord word : {StatedWord::Unknown, StatedWord::Affected, StatedWord::Fixed}) {
    if (text == stated_word_name(word)) return word;
  }
  return std::nullopt;
}

const char* stated_word_name(StatedWord word) {
  switch (word) {
    case StatedWord::Unknown:
      return "unknown";
    case StatedWord::Affected:
      return "affected";
    case StatedWord::Fixed:
      return "fixed";
  }
  return "?";
}

Result<void> add_stated(StatedExpectations& stated, const std::string& text,
                        const std::string& only) {
  const auto refuse = [&](const std::string& what) {
    return fail(Error::usage("--expect " + text + ": " + what));
  };
  const std::size_t colon = text.find(':');
  const std::string head = text.substr(0, colon);
  const std::size_t equals = head.find('=');
  const std::string repro = equals == head.npos ? only : head.substr(0, equals);
  const std::string value = equals == head.npos ? head : head.substr(equals + 1);
  if (repro.empty()) return refuse("expected REPRO=fixed:REASON");
  const std::optional<StatedWord> word = stated_word(value);
  if (!word) return refuse("\"" + value + "\" is none of affected, fixed, unknown");
  const std::string because = colon == text.npos ? "" : text.substr(colon + 1);
  if (because.find_first_not_of(" \t\n") == because.npos) {
    return refuse("a reason is missing, e.g. " + repro + "=" + value + ":RHEL-37087");
  }
  if (!stated.emplace(repro, StatedExpectation{*word, because}).second) {
    return refuse(repro + " is stated twice");
  }
  return {};
}

std::string stated_text(const std::string& repro, const StatedExpectation& stated) {
  return repro + "=" + stated_word_name(stated.value) + ":" + stated.because;
}

}  // namespace hangrate
