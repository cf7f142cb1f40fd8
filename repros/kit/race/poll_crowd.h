// SPDX-License-Identifier: GPL-2.0-or-later
//
// PollCrowd: thousands of entries on the wait queue of one file, for no descriptor at all. A thread
// sleeps in poll(2) with the same descriptor listed again and again, for an event that never comes
// (POLLPRI): each listing is an entry of its own, and a wake-up calls every one of them, finds that
// its event is another and leaves the thread asleep (pollwake(), fs/select.c). It costs one setup
// and nothing a trial. epoll has no such entries in bulk: of one epoll watched by others it allows
// 500 (path_limits, fs/eventpoll.c).
#pragma once

#include <cstddef>
#include <string>

namespace hangrate::kit {

class PollCrowd {
 public:
  PollCrowd() = default;
  PollCrowd(const PollCrowd&) = delete;
  PollCrowd& operator=(const PollCrowd&) = delete;

  /// The most entries poll(2) takes here: RLIMIT_NOFILE, raised as far as it goes, at most `wish`.
  static std::size_t most(std::size_t wish);

  /// Puts `entries` on `fd`, until the process ends: the thread is never woken, so `fd` must stay
  /// open. Returns once it is seen asleep: "", or what failed.
  std::string gather(int fd, std::size_t entries);
};

}  // namespace hangrate::kit
