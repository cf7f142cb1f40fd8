// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/kit/race/poll_crowd.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/base/unique_fd.h"

namespace hangrate::kit {

namespace {

/// Of the thread, which never ends; so this is never freed either.
struct Sleeper {
  std::vector<pollfd> listed;
  std::atomic<int> tid{0};
  std::atomic<int> error{0};
};

void* sleep_for_ever(void* memory) {
  auto& sleeper = *static_cast<Sleeper*>(memory);
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
  sleeper.tid.store(static_cast<int>(::syscall(SYS_gettid)));
  while (true) {
    if (::poll(sleeper.listed.data(), sleeper.listed.size(), -1) < 0 && errno != EINTR) {
      sleeper.error.store(errno);
      return nullptr;
    }
  }
}

/// True if the thread sleeps, by the state in its stat (proc_pid_stat(5)).
bool asleep(int tid) {
  const std::string path = "/proc/self/task/" + std::to_string(tid) + "/stat";
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char text[512];
  const ssize_t n = file ? ::read(file.get(), text, sizeof text - 1) : 0;
  if (n <= 0) return false;
  text[n] = '\0';
  const char* close = std::strrchr(text, ')');
  return close != nullptr && close[1] == ' ' && close[2] == 'S';
}

}  // namespace

std::size_t PollCrowd::most(std::size_t wish) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return 0;
  if (files.rlim_cur < wish) {
    files.rlim_cur = std::min<rlim_t>(files.rlim_max, wish);
    ::setrlimit(RLIMIT_NOFILE, &files);
    ::getrlimit(RLIMIT_NOFILE, &files);
  }
  return std::min<std::size_t>(files.rlim_cur, wish);
}

std::string PollCrowd::gather(int fd, std::size_t entries) {
  auto* sleeper = new Sleeper;
  sleeper->listed.assign(entries, pollfd{.fd = fd, .events = POLLPRI, .revents = 0});
  pthread_t thread{};
  if (const int error = ::pthread_create(&thread, nullptr, sleep_for_ever, sleeper); error != 0) {
    delete sleeper;
    return std::string("pthread_create: ") + std::strerror(error);
  }
  ::pthread_detach(thread);
  const Nanos deadline = now_ns() + 10 * kSecond;
  while (now_ns() < deadline) {
    if (const int error = sleeper->error.load(); error != 0) {
      return std::string("poll: ") + std::strerror(error);
    }
    if (const int tid = sleeper->tid.load(); tid != 0 && asleep(tid)) return {};
    const timespec nap = to_timespec(200 * kMicro);
    ::nanosleep(&nap, nullptr);
  }
  return "the crowd did not fall asleep within 10 s";
}

}  // namespace hangrate::kit
