// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/report/load_text.h"

#include <algorithm>

#include <fmt/format.h>

namespace hangrate {

namespace {

/// Less says nothing: the mean of a minute holds what was before, our own build too.
constexpr double kQueueDiffers = 0.5;
constexpr double kStealDiffers = 0.02;

struct Span {
  double low = 0;
  double high = 0;
  bool known = false;
  void add(double value) {
    if (value < 0) return;
    low = known ? std::min(low, value) : value;
    high = known ? std::max(high, value) : value;
    known = true;
  }
  double width() const { return high - low; }
};

}  // namespace

std::string load_text(const LoadFact& load) {
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  if (load.queue >= 0) add(fmt::format("{:.1f} tasks a CPU when it began", load.queue));
  if (load.busy >= 0) add(fmt::format("{:.0f} % busy", 100 * load.busy));
  if (load.steal >= 0.005) add(fmt::format("{:.0f} % steal", 100 * load.steal));
  return text;
}

std::string load_note(const Row& row) {
  Span queue;
  Span steal;
  for (const Boot& boot : row.boots) {
    queue.add(boot.load.queue);
    steal.add(boot.load.steal);
  }
  if (queue.width() <= kQueueDiffers && steal.width() <= kStealDiffers) return "";
  return fmt::format(
      "its boots ran under different load: {:.1f} .. {:.1f} tasks a CPU of the host when they "
      "began, "
      "{:.0f} .. {:.0f} % steal",
      queue.low, queue.high, 100 * steal.low, 100 * steal.high);
}

}  // namespace hangrate
