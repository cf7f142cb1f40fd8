// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/testing/sleepers/sleep_kind.h"

#include <csignal>

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>

const KindFacts kinds[kind_count] = {
    {"poll", Kind::Poll, End::OwnDeadline, false},
    {"flock", Kind::Flock, End::Other, false},
    {"nanosleep", Kind::Nanosleep, End::OwnDeadline, false},
    {"fuse-fsync", Kind::FuseFsync, End::Other, true},
    {"futex", Kind::Futex, End::OwnDeadline, false},
    {"rcvtimeo", Kind::Rcvtimeo, End::HiddenDeadline, false},
    {"epoll", Kind::Epoll, End::OwnDeadline, false},
    {"fuse-close", Kind::FuseClose, End::Other, true},
    {"sigtimedwait", Kind::Sigtimedwait, End::OwnDeadline, false},
    {"alarm", Kind::Alarm, End::HiddenDeadline, false},
    {"select", Kind::Select, End::OwnDeadline, false},
};

namespace {

volatile std::sig_atomic_t levered = 0;
volatile std::sig_atomic_t rung = 0;

timeval to_timeval(int64_t span) {
  const int64_t us = span / 1000 + 1;
  return {static_cast<time_t>(us / 1000000), static_cast<suseconds_t>(us % 1000000)};
}

timespec to_timespec(int64_t span) {
  return {static_cast<time_t>(span / 1000000000), static_cast<long>(span % 1000000000)};
}

int to_ms(int64_t span) {
  return span == no_end ? -1 : static_cast<int>(span / 1000000 + 1);
}

void on_signal(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;  // no SA_RESTART: it interrupts the call
  sigaction(signal, &action, nullptr);
}

/// One call that waits for `left`. True: what it waits for, or its time, has come.
bool wait_once(Kind kind, int64_t left, Stage& stage, int fd) {
  const bool endless = left == no_end;
  const timespec limit = to_timespec(endless ? 0 : left);
  switch (kind) {
    case Kind::Poll: {
      pollfd one{fd, POLLIN, 0};
      return poll(&one, 1, to_ms(left)) == 0;
    }
    case Kind::Select: {
      fd_set read;
      FD_ZERO(&read);
      FD_SET(fd, &read);
      timeval time = to_timeval(left);
      return select(fd + 1, &read, nullptr, nullptr, endless ? nullptr : &time) == 0;
    }
    case Kind::Nanosleep:
      if (endless) return pause() == 0;
      return nanosleep(&limit, nullptr) == 0;
    case Kind::Futex:
      return syscall(SYS_futex, &stage.word, FUTEX_WAIT, 0, endless ? nullptr : &limit, nullptr,
                     0) != 0 &&
             errno == ETIMEDOUT;
    case Kind::Epoll: {
      const hang_fd set(epoll_create1(EPOLL_CLOEXEC));
      epoll_event event{EPOLLIN, {}};
      epoll_ctl(set, EPOLL_CTL_ADD, fd, &event);
      return epoll_wait(set, &event, 1, to_ms(left)) == 0;
    }
    case Kind::Sigtimedwait: {
      sigset_t set;
      sigemptyset(&set);
      sigaddset(&set, lever_signal());
      const int got = endless ? sigwaitinfo(&set, nullptr) : sigtimedwait(&set, nullptr, &limit);
      if (got > 0) levered = 1;
      return got < 0 && errno == EAGAIN;
    }
    case Kind::Rcvtimeo: {
      const timeval time = endless ? timeval{} : to_timeval(left);
      setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
      char byte = 0;
      return recv(fd, &byte, 1, 0) < 0 && errno == EAGAIN;
    }
    case Kind::Alarm: {
      sigset_t before;
      sigset_t alarm;
      sigemptyset(&alarm);
      sigaddset(&alarm, SIGALRM);
      sigprocmask(SIG_BLOCK, &alarm, &before);  // so that it cannot ring before we sleep
      itimerval timer{};
      if (!endless) timer.it_value = to_timeval(left);
      setitimer(ITIMER_REAL, &timer, nullptr);
      sigsuspend(&before);
      const int error = errno;
      sigprocmask(SIG_SETMASK, &before, nullptr);
      errno = error;
      return rung != 0;
    }
    case Kind::Flock:
      return flock(fd, LOCK_EX) == 0;
    case Kind::FuseFsync:
      return fsync(fd) == 0;
    case Kind::FuseClose:
      return close(fd) == 0;
  }
  return false;
}

/// What a call without an object of its own is made on.
int object_of(Kind kind) {
  if (kind == Kind::Poll || kind == Kind::Select || kind == Kind::Epoll) {
    return eventfd(0, EFD_CLOEXEC);
  }
  if (kind != Kind::Rcvtimeo) return -1;
  int pair[2] = {-1, -1};  // the other end stays open as long as the sleeper lives
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return -1;
  return pair[0];
}

}  // namespace

int lever_signal() {
  return SIGUSR1;
}

Ended sleep_in(Kind kind, int64_t span, Stage& stage, int fd) {
  const bool handed_over =
      kind == Kind::Flock || kind == Kind::FuseFsync || kind == Kind::FuseClose;
  on_signal(lever_signal(), [](int) { levered = 1; });
  on_signal(SIGALRM, [](int) { rung = 1; });
  if (kind == Kind::Sigtimedwait) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, lever_signal());
    sigprocmask(SIG_BLOCK, &set, nullptr);
  }
  const hang_fd own(object_of(kind));
  if (fd < 0) fd = own;
  const int64_t start = hang_now();
  while (true) {
    // Some calls are interrupted by a stop and a continue; they go on with what is left.
    int64_t left = span;
    if (span != no_end) left = start + span > hang_now() ? start + span - hang_now() : 1;
    const bool ended = wait_once(kind, left, stage, fd);
    const int error = errno;
    if (levered != 0 || (handed_over && hang_get(&stage.let_go) != 0)) return BY_LEVER;
    if (!ended && error == EINTR) continue;
    if (!ended) return FAILED;
    return span != no_end && hang_now() - start < span / 2 ? TOO_EARLY : BY_ITSELF;
  }
}

void hold(int64_t span, Stage& stage) {
  const int64_t end = hang_now() + span;
  hang_put(&stage.held, 1u);
  while (hang_get(&stage.let_go) == 0 && (span == no_end || hang_now() < end)) {
    const int64_t left = end > hang_now() ? end - hang_now() : 1;
    hang_futex_wait(&stage.let_go, 0, span == no_end ? 0 : left, 0);
  }
}
