// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/kit/race/poll_crowd.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/base/unique_fd.h"

namespace hangrate::kit {

namespace {

void close_all_but(int fd) {
  constexpr unsigned kAll = ~0U;
  const auto kept = static_cast<unsigned>(fd);
  if (kept > 0) ::syscall(SYS_close_range, 0U, kept - 1, 0);
  if (::syscall(SYS_close_range, kept + 1, kAll, 0) == 0) return;
  for (int other = 0; other < 1024; ++other) {  // before v5.9
    if (other != fd) ::close(other);
  }
}

[[noreturn]] void sleep_for_ever(std::vector<pollfd>& listed, int parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(0);
  ::prctl(PR_SET_NAME, "crowd");
  close_all_but(listed.front().fd);
  while (::poll(listed.data(), listed.size(), -1) < 0 && errno == EINTR) {
  }
  ::_exit(1);
}

/// The state letter of a process (proc_pid_stat(5)), 0 if it cannot be read.
char state_of(int pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/stat";
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char text[512];
  const ssize_t n = file ? ::read(file.get(), text, sizeof text - 1) : 0;
  if (n <= 0) return 0;
  text[n] = '\0';
  const char* close = std::strrchr(text, ')');
  return close != nullptr && close[1] == ' ' ? close[2] : '\0';
}

}  // namespace

PollCrowd::~PollCrowd() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

std::size_t PollCrowd::most(std::size_t wish) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return 0;
  if (files.rlim_cur < wish) {
    const rlimit raised{wish, std::max<rlim_t>(files.rlim_max, wish)};  // root may
    files.rlim_cur = std::min<rlim_t>(files.rlim_max, wish);
    if (::setrlimit(RLIMIT_NOFILE, &raised) != 0) ::setrlimit(RLIMIT_NOFILE, &files);
    ::getrlimit(RLIMIT_NOFILE, &files);
  }
  return std::min<std::size_t>(files.rlim_cur, wish);
}

std::string PollCrowd::gather(int fd, std::size_t entries) {
  std::vector<pollfd> listed(entries, pollfd{.fd = fd, .events = POLLPRI, .revents = 0});
  const int parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) return std::string("fork: ") + std::strerror(errno);
  if (pid_ == 0) sleep_for_ever(listed, parent);
  // Asleep once more after a while: the first sight may be of a page fault.
  const Nanos deadline = now_ns() + 10 * kSecond;
  for (int seen = 0; now_ns() < deadline;) {
    const char state = state_of(pid_);
    if (state == 'Z' || state == '\0') return "poll: the crowd has ended";
    seen = state == 'S' ? seen + 1 : 0;
    if (seen == 3) return {};
    const timespec nap = to_timespec(200 * kMicro);
    ::nanosleep(&nap, nullptr);
  }
  return "the crowd did not fall asleep within 10 s";
}

}  // namespace hangrate::kit
