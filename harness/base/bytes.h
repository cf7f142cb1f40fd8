// SPDX-License-Identifier: GPL-2.0-or-later
//
// Bytes as numbers and as text; of binary headers that nobody vouches for.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hangrate {

/// The number of `size` bytes (at most 8) at `at`, lowest byte first; nullopt: not all of it is
/// there.
constexpr std::optional<std::uint64_t> little_endian(std::string_view bytes, std::uint64_t at,
                                                     std::size_t size) {
  if (at > bytes.size() || bytes.size() - at < size) return std::nullopt;
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  }
  return value;
}

/// Two digits a byte, lower case.
inline std::string to_hex(std::string_view bytes) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace hangrate
