// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/kernel/file_lock.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/file.h>

namespace hangrate {

Result<std::optional<FileLock>> FileLock::try_take(const std::string& path, LockMode mode) {
  UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  // Somebody else's cache may be read, and flock(2) does not ask how a file was opened.
  if (!file && (errno == EACCES || errno == EROFS)) {
    file.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  }
  if (!file) return fail(Error::from_errno("open(" + path + ")"));
  const int kind = mode == LockMode::Shared ? LOCK_SH : LOCK_EX;
  if (::flock(file.get(), kind | LOCK_NB) == 0) return FileLock(std::move(file));
  if (errno == EWOULDBLOCK) return std::optional<FileLock>();
  return fail(Error::from_errno("flock(" + path + ")"));
}

Result<FileLock> FileLock::take(const std::string& path, Nanos limit,
                                const std::function<void()>& waiting, LockMode mode) {
  const Nanos deadline = now_ns() + limit;
  for (bool told = false;; told = true) {
    auto lock = try_take(path, mode);
    if (!lock) return fail(lock.error());
    if (*lock) return std::move(**lock);
    if (!told && waiting) waiting();
    if (now_ns() > deadline) {
      return fail(Error::infrastructure(path + ": another process holds this lock for more than " +
                                        std::to_string(limit / kSecond) + " s"));
    }
    const timespec nap = to_timespec(50 * kMilli);
    ::nanosleep(&nap, nullptr);
  }
}

}  // namespace hangrate
