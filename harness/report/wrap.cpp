// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/report/wrap.h"

#include <algorithm>

namespace hangrate {

namespace {

/// The end of the word at `at`: a blank outside of brackets that close, or the end.
std::size_t word_end(const std::string& line, std::size_t at) {
  for (; at < line.size() && line[at] != ' '; ++at) {
    const std::size_t close = line[at] == '[' ? line.find(']', at) : line.npos;
    if (close != line.npos) at = close;
  }
  return at;
}

}  // namespace

std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

std::vector<std::string> wrapped(const std::string& line, std::size_t width, std::size_t hang) {
  if (width_of(line) <= width) return {line};
  std::vector<std::string> lines;
  const std::size_t indented = std::min(line.find_first_not_of(' '), line.size());
  std::string piece = line.substr(0, indented);
  bool empty = true;
  for (std::size_t at = indented; at < line.size();) {
    const std::size_t end = word_end(line, at);
    const std::string word = line.substr(at, end - at);
    const std::size_t gap = std::min(line.find_first_not_of(' ', end), line.size()) - end;
    if (!empty && width_of(piece) + width_of(word) > width) {
      piece.erase(piece.find_last_not_of(' ') + 1);
      lines.push_back(piece);
      piece = std::string(hang, ' ');
    }
    piece += word + std::string(gap, ' ');
    empty = false;
    at = end + gap;
  }
  piece.erase(piece.find_last_not_of(' ') + 1);
  lines.push_back(piece);
  return lines;
}

}  // namespace hangrate
