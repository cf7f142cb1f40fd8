// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/classify/explanation.h"

#include <algorithm>
#include <utility>

namespace hangrate {

Statement cited(std::string text, std::vector<std::size_t> events) {
  std::sort(events.begin(), events.end());
  events.erase(std::unique(events.begin(), events.end()), events.end());
  return {std::move(text), std::move(events)};
}

}  // namespace hangrate
