// SPDX-License-Identifier: GPL-2.0-or-later
//
// WakeHerd: makes a wake-up on a file's wait queue long. One epoll, the inner one, waits for the
// file, and hundreds of entries of other epolls wait for the inner one: its callback, called by the
// waker under the wait queue's lock with interrupts off, walks them all (ep_poll_callback() >
// ep_poll_safewake(), v6.1 fs/eventpoll.c). It is one entry on the file, so the pause that kernels
// before v6.7 make after every 64 entries (WAITQUEUE_WALK_BREAK_CNT) does not divide it, and one
// epoll_ctl(2) attaches it to a fresh file.
//
// Order decides what it is good for. Waiters that are not exclusive are added at the head: of an
// entry attached before such a sleeper, the walk comes after the sleeper was woken, so the waker is
// late for whatever it does next. An exclusive sleeper is last, and its wake-up ends the walk: what
// comes before it keeps interrupts off, and one that is due meanwhile strikes when the walk ends,
// just behind the wake-up (interrupt_hold.h).
#pragma once

#include <string>
#include <vector>

#include "harness/base/clock.h"
#include "harness/base/unique_fd.h"

namespace hangrate::kit {

class WakeHerd {
 public:
  /// Paths of length two that eventpoll allows to one file (path_limits, fs/eventpoll.c).
  static constexpr int kMost = 500;

  /// Makes a herd of `size` entries, attached to nothing. Returns "" or what failed.
  std::string build(int size = kMost);

  /// Puts it on the wait queues of `fd`, until detach() or until the file is closed. Wake-ups that
  /// name an event (poll keys such as POLLOUT) skip it; those that name none, or an error, walk it.
  /// Returns false with errno set.
  bool attach(int fd) const;
  void detach(int fd) const;

  explicit operator bool() const { return static_cast<bool>(inner_); }

 private:
  UniqueFd inner_;
  std::vector<UniqueFd> outer_;
};

}  // namespace hangrate::kit
