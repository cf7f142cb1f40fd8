// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/report/safe_text.h"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

namespace hangrate {

namespace {

constexpr const char* kReplacement = "\xEF\xBF\xBD";

unsigned byte_at(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
}

struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 0;  ///< 0: not UTF-8
};

CodePoint decode(std::string_view text, std::size_t at) {
  const unsigned lead = byte_at(text, at);
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4) return {};
  char32_t value = lead & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    const unsigned next = byte_at(text, at + i);
    if ((next & 0xC0U) != 0x80U) return {};
    value = value << 6U | (next & 0x3FU);
  }
  const bool overlong = (bytes == 3 && value < 0x800) || (bytes == 4 && value < 0x10000);
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (overlong || surrogate || value > 0x10FFFF) return {};
  return {value, bytes};
}

/// Bytes of the control sequence "ESC [ ... letter" at `at`, 0 if there is none (ECMA-48, 5.4).
std::size_t control_sequence(std::string_view text, std::size_t at) {
  if (byte_at(text, at) != 0x1B || byte_at(text, at + 1) != '[') return 0;
  std::size_t end = at + 2;
  while (byte_at(text, end) >= 0x20 && byte_at(text, end) <= 0x3F) ++end;
  const unsigned last = byte_at(text, end);
  return last >= 0x40 && last <= 0x7E ? end + 1 - at : 0;
}

bool turns_direction(char32_t c) {
  return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x200E || c == 0x200F;
}

/// A console ends its lines with one or more CR before LF.
bool before_newline(std::string_view text, std::size_t at) {
  const std::size_t next = text.find_first_not_of('\r', at);
  return next != std::string_view::npos && text[next] == '\n';
}

std::string escaped_markup(const std::string& text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

}  // namespace

std::string safe_text(std::string_view text) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    if (const std::size_t sequence = control_sequence(text, at); sequence > 0) {
      at += sequence;
      continue;
    }
    const CodePoint point = decode(text, at);
    const char32_t c = point.value;
    if (point.bytes == 0 || c == 0xFFFE || c == 0xFFFF) {
      result += kReplacement;
    } else if (c == '\r' && before_newline(text, at)) {
      // dropped: part of the line's end
    } else if ((c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7F && c <= 0x9F)) {
      result += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
    } else if (turns_direction(c)) {
      result += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      result += text.substr(at, point.bytes);
    }
    at += std::max<std::size_t>(point.bytes, 1);
  }
  return result;
}

std::string safe_line(std::string_view text) {
  std::string line = safe_text(text);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return line;
}

std::string markup(std::string_view text) {
  return escaped_markup(safe_text(text));
}

std::string markup_line(std::string_view text) {
  return escaped_markup(safe_line(text));
}

std::string markdown_line(std::string_view text) {
  std::string result;
  for (const char c : escaped_markup(safe_line(text))) {
    if (std::string_view("\\`*_[]|~").find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

}  // namespace hangrate
