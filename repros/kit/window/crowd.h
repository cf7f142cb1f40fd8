// SPDX-License-Identifier: GPL-2.0-or-later
//
// Crowd: thousands of entries on the wait queue of one file, for no descriptor at all. A process
// sleeps in poll(2) with the same descriptor listed again and again, for an event that never comes
// (POLLPRI): each listing is an entry of its own, and a wake-up calls every one of them, finds that
// its event is another and leaves the sleeper asleep (pollwake(), fs/select.c). It costs one setup
// and nothing a trial. epoll has no such entries in bulk: of one epoll watched by others it allows
// 500 (path_limits, fs/eventpoll.c).
//
// A process and not a thread: a signal that stops the worker, as a rung of the ladder does, would
// take the thread off the queue.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include <poll.h>
#include <sys/resource.h>

#include "../hang.h"

namespace window {

using Nanos = int64_t;
constexpr Nanos kMicro = 1'000;
constexpr Nanos kMilli = 1'000'000;
constexpr Nanos kSecond = 1'000'000'000;

inline std::string failed(const char* operation) {
  return std::string(operation) + ": " + strerror(errno);
}

class Crowd {
 public:
  Crowd() = default;
  ~Crowd() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  /// The most entries poll(2) takes here: RLIMIT_NOFILE, raised as far as it goes, at most `wish`.
  static size_t most(size_t wish) {
    rlimit files{};
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) return 0;
    if (files.rlim_cur < wish) {
      const rlimit raised{wish, std::max<rlim_t>(files.rlim_max, wish)};  // root may
      files.rlim_cur = std::min<rlim_t>(files.rlim_max, wish);
      if (setrlimit(RLIMIT_NOFILE, &raised) != 0) setrlimit(RLIMIT_NOFILE, &files);
      getrlimit(RLIMIT_NOFILE, &files);
    }
    return std::min<size_t>(files.rlim_cur, wish);
  }

  /// Puts `entries` on the file behind `fd`, and keeps the file open, until this is destroyed or
  /// the process ends. Returns once the crowd is seen asleep: "", or what failed.
  std::string gather(int fd, size_t entries) {
    std::vector<pollfd> listed(entries, pollfd{.fd = fd, .events = POLLPRI, .revents = 0});
    const int parent = getpid();
    pid_ = fork();
    if (pid_ < 0) return failed("fork");
    if (pid_ == 0) sleep_for_ever(listed, parent);
    // Asleep once more after a while: the first sight may be of a page fault.
    const Nanos deadline = hang_now() + 10 * kSecond;
    for (int seen = 0; hang_now() < deadline; hang_nap(200 * kMicro)) {
      const char state = hang_state_of(pid_);
      if (state == 'Z' || state == '?') return "poll: the crowd has ended";
      seen = state == 'S' ? seen + 1 : 0;
      if (seen == 3) return "";
    }
    return "the crowd did not fall asleep within 10 s";
  }

 private:
  [[noreturn]] static void sleep_for_ever(std::vector<pollfd>& listed, int parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(0);
    prctl(PR_SET_NAME, "crowd");
    const auto kept = static_cast<unsigned>(listed.front().fd);
    if (kept > 0) syscall(SYS_close_range, 0U, kept - 1, 0);
    if (syscall(SYS_close_range, kept + 1, ~0U, 0) != 0) {
      for (unsigned fd = 0; fd < 1024; ++fd) {  // before v5.9
        if (fd != kept) close(static_cast<int>(fd));
      }
    }
    while (poll(listed.data(), listed.size(), -1) < 0 && errno == EINTR) continue;
    _exit(1);
  }

  int pid_ = 0;
};

}  // namespace window
