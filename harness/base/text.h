// SPDX-License-Identifier: GPL-2.0-or-later
//
// What parsers of short texts share.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace hangrate {

/// An ASCII digit, whatever the locale.
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

constexpr bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

/// Takes `prefix` off the front of `text`; false: it is not there, `text` stays.
constexpr bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

constexpr bool contains(std::string_view letters, char letter) {
  return letters.find(letter) != std::string_view::npos;
}

inline bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// A word as a shell takes it.
inline std::string shell_word(const std::string& word) {
  constexpr const char* kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=:,./@%";
  if (!word.empty() && word.find_first_not_of(kPlain) == word.npos) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

inline std::string shell_words(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + shell_word(word);
  return line;
}

}  // namespace hangrate
