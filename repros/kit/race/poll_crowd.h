// SPDX-License-Identifier: GPL-2.0-or-later
//
// PollCrowd: thousands of entries on the wait queue of one file, for no descriptor at all. A
// process sleeps in poll(2) with the same descriptor listed again and again, for an event that
// never comes (POLLPRI): each listing is an entry of its own, and a wake-up calls every one of
// them, finds that its event is another and leaves the sleeper asleep (pollwake(), fs/select.c). It
// costs one setup and nothing a trial. epoll has no such entries in bulk: of one epoll watched by
// others it allows 500 (path_limits, fs/eventpoll.c).
//
// A process and not a thread: a signal that stops the worker, as a rung of the ladder does, would
// take the thread off the queue.
#pragma once

#include <cstddef>
#include <string>

namespace hangrate::kit {

class PollCrowd {
 public:
  PollCrowd() = default;
  ~PollCrowd();
  PollCrowd(const PollCrowd&) = delete;
  PollCrowd& operator=(const PollCrowd&) = delete;

  /// The most entries poll(2) takes here: RLIMIT_NOFILE, raised as far as it goes, at most `wish`.
  static std::size_t most(std::size_t wish);

  /// Puts `entries` on the file behind `fd`, and keeps the file open, until this is destroyed or
  /// the process ends. Returns once the crowd is seen asleep: "", or what failed.
  std::string gather(int fd, std::size_t entries);

 private:
  int pid_ = 0;
};

}  // namespace hangrate::kit
