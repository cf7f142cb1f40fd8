// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/pipe_full_child/merge_rule.h"

#include <algorithm>

namespace hangrate::pipe_full_child {

std::size_t bytes_before_block(const PipeShape& shape, std::size_t size) {
  if (size == 0) return 0;
  std::size_t used = 0;  // slots
  std::size_t tail = 0;  // bytes in the last slot
  std::size_t bytes = 0;
  while (true) {
    std::size_t left = size;
    const std::size_t odd = size % shape.page;
    if (!shape.packets && odd != 0 && used != 0 && tail + odd <= shape.page) {
      tail += odd;
      bytes += odd;
      left -= odd;
    }
    while (left > 0) {
      if (used == shape.slots) return bytes;
      tail = std::min(left, shape.page);
      bytes += tail;
      left -= tail;
      ++used;
    }
  }
}

}  // namespace hangrate::pipe_full_child
