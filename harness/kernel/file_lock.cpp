// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/kernel/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>

namespace hangrate {

Result<std::optional<FileLock>> FileLock::try_take(const std::string& path) {
  UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!file) return fail(Error::from_errno("open(" + path + ")"));
  if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return FileLock(std::move(file));
  if (errno == EWOULDBLOCK) return std::optional<FileLock>();
  return fail(Error::from_errno("flock(" + path + ")"));
}

Result<FileLock> FileLock::take(const std::string& path, Nanos limit,
                                const std::function<void()>& waiting) {
  const Nanos deadline = now_ns() + limit;
  for (bool told = false;; told = true) {
    auto lock = try_take(path);
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
