// SPDX-License-Identifier: GPL-2.0-or-later
//
// What fusectl tells and does about one connection.
#pragma once

#include "../hang.h"

inline int hang_fuse_control(int connection, const char* name, int flags) {
  char path[96];
  snprintf(path, sizeof path, "/sys/fs/fuse/connections/%d/%s", connection, name);
  return open(path, flags | O_CLOEXEC);
}
/// Requests in flight; -1: there is no such connection (any more).
inline long hang_fuse_waiting(int connection) {
  char text[32];
  const hang_fd file(hang_fuse_control(connection, "waiting", O_RDONLY));
  const ssize_t size = file >= 0 ? read(file, text, sizeof text - 1) : -1;
  if (size <= 0) return -1;
  text[size] = '\0';
  return strtol(text, nullptr, 10);
}
/// Ends every request, those that cannot be killed too. False: no such connection.
inline bool hang_fuse_abort(int connection) {
  const hang_fd file(hang_fuse_control(connection, "abort", O_WRONLY));
  return file >= 0 && write(file, "1", 1) == 1;
}
