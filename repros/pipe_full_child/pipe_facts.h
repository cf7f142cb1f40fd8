// SPDX-License-Identifier: GPL-2.0-or-later
//
// What one descriptor of a pipe tells about the pipe. Nothing here blocks, reads or wakes anybody.
#pragma once

#include <cstddef>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace hangrate::pipe_full_child {

inline std::size_t page_size() {
  return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

/// Bytes queued (FIONREAD works on either end), -1 if unknown.
inline int queued_bytes(int fd) {
  int queued = -1;
  return ::ioctl(fd, FIONREAD, &queued) == 0 ? queued : -1;
}

/// Slots times page size, -1 if unknown.
inline int capacity_bytes(int fd) {
  return ::fcntl(fd, F_GETPIPE_SZ);
}

/// The write end as poll(2) sees it: POLLOUT means a slot is free, POLLERR means nobody can read
/// any more (v6.1 fs/pipe.c pipe_poll()).
struct WriteEnd {
  bool room = false;
  bool readers = false;
};

inline WriteEnd look_at_write_end(int fd) {
  pollfd item{fd, POLLOUT, 0};
  if (::poll(&item, 1, 0) < 0) return {};
  return {(item.revents & POLLOUT) != 0, (item.revents & POLLERR) == 0};
}

}  // namespace hangrate::pipe_full_child
