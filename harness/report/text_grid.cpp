// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/report/text_grid.h"

#include <algorithm>
#include <cstddef>

namespace hangrate {

namespace {

constexpr const char* kBold = "\033[1m";
constexpr const char* kRed = "\033[31m";
constexpr const char* kGreen = "\033[32m";
constexpr const char* kYellow = "\033[33m";
constexpr const char* kPlain = "\033[0m";

std::string in(const char* colour, const std::string& text, bool enabled) {
  return enabled ? colour + text + kPlain : text;
}

/// Code points outside of colour sequences.
std::size_t width_of(const std::string& text) {
  std::size_t width = 0;
  bool sequence = false;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (sequence) {
      sequence = c != 'm';
    } else if (c == '\033') {
      sequence = true;
    } else if ((byte & 0xC0U) != 0x80U) {
      ++width;
    }
  }
  return width;
}

}  // namespace

std::string aligned(const std::vector<TextRow>& rows, const std::vector<bool>& right) {
  std::vector<std::size_t> width(right.size(), 0);
  for (const TextRow& row : rows) {
    width.resize(std::max(width.size(), row.size()), 0);
    for (std::size_t i = 0; i < row.size(); ++i) width[i] = std::max(width[i], width_of(row[i]));
  }
  std::string text;
  for (const TextRow& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const bool last = i + 1 == row.size();
      const std::string padding(width[i] - width_of(row[i]), ' ');
      if (i > 0) line += "  ";
      const bool to_the_right = i < right.size() && right[i];
      line += to_the_right ? padding + row[i] : last ? row[i] : row[i] + padding;
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

std::string bold(const std::string& text, bool colour) {
  return in(kBold, text, colour);
}

std::string painted(const std::string& text, int code, bool colour) {
  return in(code == 0 ? kGreen : code == 1 ? kRed : kYellow, text, colour);
}

std::string warning(const std::string& text, bool colour) {
  return in(kYellow, text, colour);
}

}  // namespace hangrate
