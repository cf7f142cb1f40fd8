// SPDX-License-Identifier: GPL-2.0-or-later
//
// StatusLine: one line on the terminal that is written over and over, and news that stay above it.
// Without a terminal only the news are printed. A stopped terminal loses lines, nothing waits.
#pragma once

#include <string>

#include "harness/base/unique_fd.h"

namespace hangrate {

class StatusLine {
 public:
  /// `live`: show the line if stderr is a terminal.
  explicit StatusLine(bool live);

  void show(const std::string& text);
  void news(const std::string& text);
  void clear();
  bool live() const { return static_cast<bool>(terminal_); }

 private:
  void put(const std::string& text) const;
  UniqueFd terminal_;
};

}  // namespace hangrate
