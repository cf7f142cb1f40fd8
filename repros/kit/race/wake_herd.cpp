// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/kit/race/wake_herd.h"

#include <cerrno>
#include <cstring>

#include <sys/epoll.h>

namespace hangrate::kit {

std::string WakeHerd::build(std::size_t size) {
  epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll_) return std::string("epoll_create1: ") + std::strerror(errno);
  return crowd_.gather(epoll_.get(), size);
}

bool WakeHerd::attach(int fd) const {
  epoll_event event{};  // no event asked for: errors and hang-ups only, and keyless wake-ups
  return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void WakeHerd::detach(int fd) const {
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

}  // namespace hangrate::kit
