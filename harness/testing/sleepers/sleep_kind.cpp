// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/testing/sleepers/sleep_kind.h"

#include <algorithm>
#include <cerrno>
#include <csignal>

#include <linux/futex.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "harness/base/unique_fd.h"

namespace hangrate::sleepers {

namespace {

volatile std::sig_atomic_t levered = 0;
volatile std::sig_atomic_t rung = 0;

timeval to_timeval(Nanos span) {
  const Nanos us = span / kMicro + 1;
  constexpr Nanos kSecondUs = kSecond / kMicro;
  return {static_cast<time_t>(us / kSecondUs), static_cast<suseconds_t>(us % kSecondUs)};
}

int to_ms(Nanos span) {
  return span == kNoEnd ? -1 : static_cast<int>(span / kMilli + 1);
}

void on_signal(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;  // no SA_RESTART: it interrupts the call
  ::sigaction(signal, &action, nullptr);
}

/// One call that waits for `left`. True: what it waits for, or its time, has come.
bool wait_once(Kind kind, Nanos left, Stage& stage, int fd) {
  const bool endless = left == kNoEnd;
  const timespec limit = to_timespec(endless ? 0 : left);
  switch (kind) {
    case Kind::Poll: {
      pollfd one{fd, POLLIN, 0};
      return ::poll(&one, 1, to_ms(left)) == 0;
    }
    case Kind::Select: {
      fd_set read;
      FD_ZERO(&read);
      FD_SET(fd, &read);
      timeval time = to_timeval(left);
      return ::select(fd + 1, &read, nullptr, nullptr, endless ? nullptr : &time) == 0;
    }
    case Kind::Nanosleep:
      if (endless) return ::pause() == 0;
      return ::nanosleep(&limit, nullptr) == 0;
    case Kind::Futex:
      return ::syscall(SYS_futex, &stage.word, FUTEX_WAIT, 0, endless ? nullptr : &limit, nullptr,
                       0) != 0 &&
             errno == ETIMEDOUT;
    case Kind::Epoll: {
      const UniqueFd set(::epoll_create1(EPOLL_CLOEXEC));
      epoll_event event{.events = EPOLLIN, .data = {}};
      ::epoll_ctl(set.get(), EPOLL_CTL_ADD, fd, &event);
      return ::epoll_wait(set.get(), &event, 1, to_ms(left)) == 0;
    }
    case Kind::Sigtimedwait: {
      sigset_t set;
      sigemptyset(&set);
      sigaddset(&set, lever_signal());
      const int got =
          endless ? ::sigwaitinfo(&set, nullptr) : ::sigtimedwait(&set, nullptr, &limit);
      if (got > 0) levered = 1;
      return got < 0 && errno == EAGAIN;
    }
    case Kind::Rcvtimeo: {
      const timeval time = endless ? timeval{} : to_timeval(left);
      ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
      char byte = 0;
      return ::recv(fd, &byte, 1, 0) < 0 && errno == EAGAIN;
    }
    case Kind::Alarm: {
      sigset_t before;
      sigset_t alarm;
      sigemptyset(&alarm);
      sigaddset(&alarm, SIGALRM);
      ::sigprocmask(SIG_BLOCK, &alarm, &before);  // so that it cannot ring before we sleep
      itimerval timer{};
      if (!endless) timer.it_value = to_timeval(left);
      ::setitimer(ITIMER_REAL, &timer, nullptr);
      ::sigsuspend(&before);
      const int error = errno;
      ::sigprocmask(SIG_SETMASK, &before, nullptr);
      errno = error;
      return rung != 0;
    }
    case Kind::Flock:
      return ::flock(fd, LOCK_EX) == 0;
    case Kind::FuseFsync:
      return ::fsync(fd) == 0;
    case Kind::FuseClose:
      return ::close(fd) == 0;
  }
  return false;
}

/// What a call without an object of its own is made on.
UniqueFd object_of(Kind kind) {
  if (kind == Kind::Poll || kind == Kind::Select || kind == Kind::Epoll) {
    return UniqueFd(::eventfd(0, EFD_CLOEXEC));
  }
  if (kind != Kind::Rcvtimeo) return {};
  int pair[2] = {-1, -1};  // the other end stays open as long as the sleeper lives
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return {};
  return UniqueFd(pair[0]);
}

}  // namespace

int lever_signal() {
  return SIGUSR1;
}

Ended sleep_in(Kind kind, Nanos span, Stage& stage, int fd) {
  const bool handed_over =
      kind == Kind::Flock || kind == Kind::FuseFsync || kind == Kind::FuseClose;
  on_signal(lever_signal(), [](int) { levered = 1; });
  on_signal(SIGALRM, [](int) { rung = 1; });
  if (kind == Kind::Sigtimedwait) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, lever_signal());
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
  }
  const UniqueFd own = object_of(kind);
  if (fd < 0) fd = own.get();
  const Nanos start = now_ns();
  while (true) {
    // Some calls are interrupted by a stop and a continue; they go on with what is left.
    Nanos left = span;
    if (span != kNoEnd) left = std::max<Nanos>(start + span - now_ns(), 1);
    const bool ended = wait_once(kind, left, stage, fd);
    const int error = errno;
    if (levered != 0 || (handed_over && stage.let_go.load() != 0)) return Ended::ByLever;
    if (!ended && error == EINTR) continue;
    if (!ended) return Ended::Failed;
    return span != kNoEnd && now_ns() - start < span / 2 ? Ended::TooEarly : Ended::ByItself;
  }
}

}  // namespace hangrate::sleepers
