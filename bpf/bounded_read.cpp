// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/bounded_read.h"

#include <cerrno>

#include <unistd.h>

namespace hangrate {

std::optional<std::string> read_bounded(int fd, Nanos limit, std::size_t most) {
  const Nanos deadline = now_ns() + limit;
  std::string text;
  char part[8192];
  while (true) {
    const ssize_t got = ::read(fd, part, sizeof part);
    if (got == 0) return text;
    if (got < 0 && errno != EAGAIN && errno != EINTR) return std::nullopt;
    if (got > 0) text.append(part, static_cast<std::size_t>(got));
    if (text.size() > most || now_ns() >= deadline) return std::nullopt;
  }
}

}  // namespace hangrate
