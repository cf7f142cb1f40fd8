// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/kernel/deb_version.h"

#include <algorithm>

namespace hangrate {

namespace {

bool is_digit(char letter) {
  return letter >= '0' && letter <= '9';
}

/// "~" sorts before the end, letters after it and before all else.
int rank_of(std::string_view text) {
  if (text.empty() || is_digit(text.front())) return 0;
  const char letter = text.front();
  const bool is_letter = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
  return letter == '~' ? -1 : is_letter ? letter : letter + 256;
}

/// Takes a number off the front, without its leading zeros.
std::string_view take_number(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of('0'), text.size()));
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const auto number = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(number.size());
  return number;
}

/// By turns what is no number, letter by letter, and numbers by their value.
int compare_parts(std::string_view a, std::string_view b) {
  while (!a.empty() || !b.empty()) {
    while ((!a.empty() && !is_digit(a.front())) || (!b.empty() && !is_digit(b.front()))) {
      if (const int order = rank_of(a) - rank_of(b); order != 0) return order;
      a.remove_prefix(1);  // of equal rank, so neither is at its end or at a number
      b.remove_prefix(1);
    }
    const std::string_view one = take_number(a);
    const std::string_view other = take_number(b);
    if (one.size() != other.size()) return one.size() < other.size() ? -1 : 1;
    if (const int order = one.compare(other); order != 0) return order;
  }
  return 0;
}

struct Parts {
  std::string_view epoch, upstream, revision;
};
Parts parts_of(std::string_view version) {
  Parts parts;
  if (const std::size_t colon = version.find(':'); colon != version.npos) {
    parts.epoch = version.substr(0, colon);
    version.remove_prefix(colon + 1);
  }
  const std::size_t dash = std::min(version.rfind('-'), version.size());
  parts.upstream = version.substr(0, dash);
  if (dash < version.size()) parts.revision = version.substr(dash + 1);
  return parts;
}

}  // namespace

int compare_deb_versions(std::string_view a, std::string_view b) {
  const Parts one = parts_of(a);
  const Parts other = parts_of(b);
  if (const int order = compare_parts(one.epoch, other.epoch); order != 0) return order;
  if (const int order = compare_parts(one.upstream, other.upstream); order != 0) return order;
  return compare_parts(one.revision, other.revision);
}

}  // namespace hangrate
