// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/pipe_full_child/fill.h"

#include <array>
#include <cerrno>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "harness/base/unique_fd.h"
#include "repros/pipe_full_child/pipe_facts.h"

namespace hangrate::pipe_full_child {

Filled fill_pipe(std::size_t size, bool packets) {
  Filled found;
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK | (packets ? O_DIRECT : 0)) < 0) {
    found.failed = errno;
    return found;
  }
  const UniqueFd read_end(ends[0]);
  const UniqueFd write_end(ends[1]);
  found.capacity = capacity_bytes(write_end.get());
  const std::vector<char> data(size, 'x');
  while (true) {
    const ssize_t done = ::write(write_end.get(), data.data(), data.size());
    if (done > 0) {
      // A partial write counts: a blocking writer would have queued as much before it slept.
      found.bytes += static_cast<std::uint64_t>(done);
      ++found.writes;
    } else if (errno != EINTR) {
      if (errno != EAGAIN) found.failed = errno;
      return found;
    }
  }
}

}  // namespace hangrate::pipe_full_child
