// SPDX-License-Identifier: GPL-2.0-or-later
//
// Herd: makes a wake-up on a file's wait queue long, with interrupts off. An epoll waits for the
// file, and a Crowd for the epoll: its callback, called by the waker under the wait queue's lock,
// walks the whole crowd (ep_poll_callback() > ep_poll_safewake(), v6.1 fs/eventpoll.c). That is one
// entry on the file, so the pause that kernels before v6.7 make after every 64 entries
// (WAITQUEUE_WALK_BREAK_CNT, kernel/sched/wait.c) does not divide it, and one epoll_ctl(2) a trial
// attaches it to a fresh file.
//
// What it is good for: an interrupt that falls due during the walk strikes when the lock is let go,
// right behind the wake-up (interrupt.h). A sleeper that is not exclusive and came after the herd
// is woken at the beginning of the walk and then spins for the lock, so it is not even asleep any
// more when the walk ends; an exclusive one is woken at its end.
#pragma once

#include <sys/epoll.h>

#include "crowd.h"

namespace window {

class Herd {
 public:
  /// Makes a herd of `size`, attached to nothing. Returns "" or what failed.
  std::string build(size_t size) {
    epoll_.reset(epoll_create1(EPOLL_CLOEXEC));
    return epoll_ < 0 ? failed("epoll_create1") : crowd_.gather(epoll_, size);
  }
  bool built() const { return epoll_ >= 0; }

  /// Puts it on the wait queues of `fd`, until detach() or until the file is closed. Wake-ups that
  /// name an event (poll keys such as POLLOUT) skip it; those that name none walk it. Returns false
  /// with errno set.
  bool attach(int fd) const {
    epoll_event event{};  // no event asked for: errors and hang-ups only, and keyless wake-ups
    return epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0;
  }
  void detach(int fd) const { epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr); }

 private:
  hang_fd epoll_;
  Crowd crowd_;
};

}  // namespace window
