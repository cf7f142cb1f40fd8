// SPDX-License-Identifier: GPL-2.0-or-later
//
// What fusectl tells and does about one connection.
#pragma once

#include <dirent.h>

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
/// The inode of its folder: numbers are used again at once, this is not. 0: no such connection.
inline uint64_t hang_fuse_instance(int connection) {
  char folder[64];
  struct stat info;
  snprintf(folder, sizeof folder, "/sys/fs/fuse/connections/%d", connection);
  return connection != 0 && stat(folder, &info) == 0 ? info.st_ino : 0;
}
/// Ends every request, those that cannot be killed too. False: no such connection.
inline bool hang_fuse_abort(int connection) {
  const hang_fd file(hang_fuse_control(connection, "abort", O_WRONLY));
  return file >= 0 && write(file, "1", 1) == 1;
}
/// The same, only if its folder is the one meant: `instance` (0: any), and if `owner` is not 0 that
/// of the mount options user_id and group_id. The descriptor is that of this connection and of no
/// later one of its number.
struct hang_fuse_meant {
  uint64_t instance;
  unsigned owner, group;
};
inline bool hang_fuse_abort_meant(int connection, const hang_fuse_meant& meant) {
  char path[64];
  struct stat info;
  snprintf(path, sizeof path, "/sys/fs/fuse/connections/%d", connection);
  const hang_fd folder(open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (folder < 0 || fstat(folder, &info) != 0) return false;
  if (meant.instance != 0 && info.st_ino != meant.instance) return false;
  if (meant.owner != 0 && (info.st_uid != meant.owner || info.st_gid != meant.group)) return false;
  const hang_fd file(openat(folder, "abort", O_WRONLY | O_CLOEXEC));
  return file >= 0 && write(file, "1", 1) == 1;
}
/// The connection whose mount has these options, which no path may name yet; 0: none.
inline int hang_fuse_find(unsigned owner, unsigned group) {
  DIR* all = opendir("/sys/fs/fuse/connections");
  int found = 0;
  struct stat info;
  for (dirent* entry; all != nullptr && (entry = readdir(all)) != nullptr;)
    if (fstatat(dirfd(all), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
        info.st_uid == owner && info.st_gid == group)
      found = atoi(entry->d_name);
  if (all != nullptr) closedir(all);
  return found;
}
