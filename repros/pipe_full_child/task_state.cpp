// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/pipe_full_child/task_state.h"

#include <array>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

#include "harness/base/unique_fd.h"

namespace hangrate::pipe_full_child {

char task_state(int pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/stat";
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return '?';
  std::array<char, 256> text{};
  const ssize_t size = ::read(file.get(), text.data(), text.size());
  if (size <= 0) return '?';
  const std::string_view line(text.data(), static_cast<std::size_t>(size));
  const std::size_t name_end = line.rfind(") ");  // the name itself may hold anything
  return name_end == std::string_view::npos || name_end + 2 >= line.size() ? '?'
                                                                           : line[name_end + 2];
}

}  // namespace hangrate::pipe_full_child
