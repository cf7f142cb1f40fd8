// SPDX-License-Identifier: GPL-2.0-or-later
//
// WakeHerd: makes a wake-up on a file's wait queue long, with interrupts off. An epoll waits for
// the file, and a PollCrowd for the epoll: its callback, called by the waker under the wait queue's
// lock, walks the whole crowd (ep_poll_callback() > ep_poll_safewake(), v6.1 fs/eventpoll.c). That
// is one entry on the file, so the pause that kernels before v6.7 make after every 64 entries
// (WAITQUEUE_WALK_BREAK_CNT, kernel/sched/wait.c) does not divide it, and one epoll_ctl(2) a trial
// attaches it to a fresh file.
//
// What it is good for: an interrupt that falls due during the walk strikes when the lock is let go,
// right behind the wake-up (interrupt_hold.h). A sleeper that is not exclusive and came after the
// herd is woken at the beginning of the walk and then spins for the lock, so it is not even asleep
// any more when the walk ends; an exclusive one is woken at its end.
#pragma once

#include <cstddef>
#include <string>

#include "harness/base/unique_fd.h"
#include "repros/kit/race/poll_crowd.h"

namespace hangrate::kit {

class WakeHerd {
 public:
  /// Makes a herd of `size`, attached to nothing. Returns "" or what failed.
  std::string build(std::size_t size);

  /// Puts it on the wait queues of `fd`, until detach() or until the file is closed. Wake-ups that
  /// name an event (poll keys such as POLLOUT) skip it; those that name none walk it. Returns false
  /// with errno set.
  bool attach(int fd) const;
  void detach(int fd) const;

  explicit operator bool() const { return static_cast<bool>(epoll_); }

 private:
  UniqueFd epoll_;
  PollCrowd crowd_;
};

}  // namespace hangrate::kit
