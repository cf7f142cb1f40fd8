// SPDX-License-Identifier: GPL-2.0-or-later
//
// The deadline of a call is seen on a task that really sleeps in it, as the supervisor reads it: by
// the number of the call, its name and its arguments. Without an end none is seen.
#include <csignal>
#include <functional>

#include <gtest/gtest.h>
#include <linux/futex.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/judge/own_deadline.h"
#include "harness/sys/proc_reader.h"

namespace hangrate {
namespace {

constexpr timespec kMinute{.tv_sec = 60, .tv_nsec = 0};

SampleSet look_at(ProcReader& reader, int pid) {
  ReadTarget target;
  target.pid = pid;
  target.tid = pid;
  target.victim = 1;
  reader.request({target}, kSecond);
  const Nanos deadline = now_ns() + 10 * kSecond;
  while (now_ns() < deadline) {
    if (auto answer = reader.receive()) return answer->samples;
    pollfd wait{.fd = reader.fd(), .events = POLLIN, .revents = 0};
    ::poll(&wait, 1, 10);
  }
  return {};
}

/// What is said of a child that sleeps in `call`, and of it again after a stop and a continue.
struct Seen {
  std::optional<std::string> asleep;
  std::optional<std::string> continued;
};

std::optional<std::string> deadline_of(ProcReader& reader, int pid) {
  for (int i = 0; i < 2000; ++i) {
    const SampleSet seen = look_at(reader, pid);
    if (seen.tasks.size() == 1 && seen.tasks[0].state == 'S' && !seen.tasks[0].stack.empty()) {
      return own_deadline(seen.tasks[0]);
    }
  }
  ADD_FAILURE() << "it does not fall asleep, or shows no stack";
  return std::nullopt;
}

Seen seen_in(const std::function<void()>& call) {
  ProcReader reader;
  look_at(reader, ::getpid());  // starts its helper before there is a child it could inherit
  const pid_t child = ::fork();
  if (child == 0) {
    call();
    ::_exit(0);
  }
  ::usleep(50'000);
  Seen seen;
  seen.asleep = deadline_of(reader, child);
  ::kill(child, SIGSTOP);
  ::waitpid(child, nullptr, WUNTRACED);
  ::kill(child, SIGCONT);
  ::waitpid(child, nullptr, WCONTINUED);
  ::usleep(20'000);
  seen.continued = deadline_of(reader, child);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  return seen;
}

struct Call {
  const char* name;
  std::function<void(const timespec*)> make;  ///< nullptr: without an end
};

void PrintTo(const Call& call, std::ostream* out) {
  *out << call.name;
}

class OwnDeadlineLive : public ::testing::TestWithParam<Call> {};

TEST_P(OwnDeadlineLive, IsSeenIfAndOnlyIfTheCallWasGivenOne) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root: /proc/PID/stack tells that it sleeps";
  const Call& call = GetParam();
  const Seen timed = seen_in([&] {
    while (true) call.make(&kMinute);
  });
  EXPECT_TRUE(timed.asleep) << "a sleep of 60 s passes for one without an end";
  EXPECT_TRUE(timed.continued) << "the same after a stop and a continue";
  const Seen endless = seen_in([&] {
    while (true) call.make(nullptr);
  });
  EXPECT_FALSE(endless.asleep) << *endless.asleep;
  // poll without an end goes on as restart_syscall(2) too, which does not tell: no proof then.
  if (call.name == std::string("poll")) return;
  EXPECT_FALSE(endless.continued) << *endless.continued;
}

int ms_of(const timespec* time) {
  return time == nullptr ? -1 : static_cast<int>(time->tv_sec * 1000);
}

sigset_t one_signal() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  return set;
}

INSTANTIATE_TEST_SUITE_P(
    All, OwnDeadlineLive,
    ::testing::Values(Call{"poll", [](const timespec* limit) { ::poll(nullptr, 0, ms_of(limit)); }},
                      Call{"ppoll",
                           [](const timespec* limit) { ::ppoll(nullptr, 0, limit, nullptr); }},
                      Call{"pselect",
                           [](const timespec* limit) {
                             ::pselect(0, nullptr, nullptr, nullptr, limit, nullptr);
                           }},
                      Call{"nanosleep",
                           [](const timespec* limit) {
                             limit == nullptr ? ::pause() : ::nanosleep(limit, nullptr);
                           }},
                      Call{"epoll_wait",
                           [](const timespec* limit) {
                             epoll_event event{};
                             const int set = ::epoll_create1(EPOLL_CLOEXEC);
                             ::epoll_wait(set, &event, 1, ms_of(limit));
                           }},
                      Call{"futex",
                           [](const timespec* limit) {
                             int word = 0;
                             ::syscall(SYS_futex, &word, FUTEX_WAIT, 0, limit, nullptr, 0);
                           }},
                      Call{"rt_sigtimedwait",
                           [](const timespec* limit) {
                             const sigset_t set = one_signal();
                             ::syscall(SYS_rt_sigtimedwait, &set, nullptr, limit, 8);
                           }},
                      Call{"io_getevents",
                           [](const timespec* limit) {
                             static unsigned long context = 0;
                             if (context == 0) ::syscall(SYS_io_setup, 1, &context);
                             char event[32];
                             ::syscall(SYS_io_getevents, context, 1, 1, event, limit);
                           }}),
    [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace hangrate
