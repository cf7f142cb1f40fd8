// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/kit/race/epoll_entries.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/resource.h>

namespace hangrate::kit {

namespace {

constexpr int kFirstNumber = 64;      // leaves the low ones to everybody else
constexpr int kNumbersAnEpoll = 960;  // with 1024 descriptors allowed, the usual soft limit

std::string failed(const char* operation) {
  return std::string(operation) + ": " + std::strerror(errno) + " (" + std::to_string(errno) + ")";
}

}  // namespace

std::string add_epoll_entries(int fd, int count, std::uint32_t events,
                              std::vector<UniqueFd>& epolls) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return failed("getrlimit(RLIMIT_NOFILE)");
  const int numbers = static_cast<int>(
      std::min<rlim_t>(files.rlim_cur, static_cast<rlim_t>(kFirstNumber + kNumbersAnEpoll)));
  int number = numbers;
  for (int added = 0; added < count; ++added) {
    if (number >= numbers) {
      UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
      if (!epoll) return failed("epoll_create1");
      epolls.push_back(std::move(epoll));
      number = kFirstNumber;
    }
    UniqueFd twin(::fcntl(fd, F_DUPFD_CLOEXEC, number));
    if (!twin && number != kFirstNumber && (errno == EMFILE || errno == EINVAL)) {
      number = numbers;  // this epoll has had all numbers there are
      --added;
      continue;
    }
    if (!twin) return failed("fcntl(F_DUPFD)");
    number = twin.get() + 1;
    epoll_event event{};
    event.events = events;
    if (::epoll_ctl(epolls.back().get(), EPOLL_CTL_ADD, twin.get(), &event) != 0) {
      return failed("epoll_ctl(EPOLL_CTL_ADD)");
    }
  }
  return {};
}

}  // namespace hangrate::kit
