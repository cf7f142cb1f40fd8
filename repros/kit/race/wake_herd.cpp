// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/kit/race/wake_herd.h"

#include <cerrno>
#include <cstring>

#include <sys/epoll.h>

#include "repros/kit/race/epoll_entries.h"

namespace hangrate::kit {

std::string WakeHerd::build(int size) {
  inner_.reset(::epoll_create1(EPOLL_CLOEXEC));
  if (!inner_) return std::string("epoll_create1: ") + std::strerror(errno);
  return add_epoll_entries(inner_.get(), size, EPOLLIN, outer_);
}

bool WakeHerd::attach(int fd) const {
  epoll_event event{};  // no event asked for: errors and hang-ups only, and keyless wake-ups
  return ::epoll_ctl(inner_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void WakeHerd::detach(int fd) const {
  ::epoll_ctl(inner_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

}  // namespace hangrate::kit
