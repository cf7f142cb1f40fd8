// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/run/engine.h"

#include <algorithm>
#include <csignal>

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "harness/base/refused.h"
#include "harness/run/cell_runner.h"
#include "harness/run/parts.h"
#include "harness/sys/janitor.h"

namespace hangrate {

namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP, SIGCHLD};

Result<void> watch_fd(int epoll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
    return fail(Error::from_errno("epoll_ctl"));
  return {};
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::make(EngineEvents events, CellLimits limits,
                                             Recorder* recorder, const TraceSetup& trace) {
  auto arena = Arena::make();
  if (!arena) return fail(arena.error());
  // Orphans of a trial become our children, so that none is lost.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  auto parts = std::make_unique<Parts>(std::move(*arena));
  if (const std::string& trouble = parts->reader.trouble(); !trouble.empty()) {
    return fail(Error::infrastructure(trouble));
  }
  parts->events = std::move(events);
  parts->limits = limits;
  parts->recorder = recorder;
  parts->trace = trace;

  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : kSignals) ::sigaddset(&set, signal);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGCHLD, SIG_DFL);  // ignored, as some parents leave it, ends of children would be lost
  parts->signals.reset(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  parts->timer.reset(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  parts->epoll.reset(::epoll_create1(EPOLL_CLOEXEC));
  if (!parts->signals || !parts->timer || !parts->epoll) {
    return fail(refused("signalfd4, timerfd_create or epoll_create1"));
  }
  for (const int fd : {parts->signals.get(), parts->timer.get(), parts->arena.bell_fd()}) {
    HR_TRY(watch_fd(parts->epoll.get(), fd));
  }
  parts->janitor = start_janitor(parts->arena, parts->cgroup, parts->record);
  return std::unique_ptr<Engine>(new Engine(std::move(parts)));
}

Engine::Engine(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Engine::~Engine() {
  signal_child(parts_->janitor, SIGKILL);
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : kSignals) ::sigaddset(&set, signal);
  ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

bool Engine::interrupted() const {
  return parts_->interrupted;
}

const std::string& Engine::record_trouble() const {
  return parts_->record.trouble();
}

int Engine::cgroup_version() const {
  return parts_->cgroup.version();
}

void Engine::Parts::sleep_until(Nanos deadline) {
  if (reader.generation() != watched_generation && reader.fd() >= 0 &&
      watch_fd(epoll.get(), reader.fd())) {
    watched_generation =
        reader.generation();  // closing the old socket took it out of the epoll set
  }
  itimerspec when{};
  when.it_value = to_timespec(std::max<Nanos>(deadline, 1));
  ::timerfd_settime(timer.get(), TFD_TIMER_ABSTIME, &when, nullptr);
  epoll_event ready[8];
  const int count = ::epoll_wait(epoll.get(), ready, 8, 1000);
  for (int i = 0; i < count; ++i) {
    if (ready[i].data.fd == arena.bell_fd()) arena.silence_bell();
    if (ready[i].data.fd == timer.get()) {
      std::uint64_t expirations = 0;
      if (::read(timer.get(), &expirations, sizeof expirations) < 0) continue;
    }
    if (ready[i].data.fd == signals.get()) {
      signalfd_siginfo info{};
      while (::read(signals.get(), &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGCHLD) {
          children_ended = true;
        } else {
          interrupted = true;
        }
      }
    }
  }
}

std::vector<ChildEnd> Engine::Parts::take_ended() {
  if (!children_ended) return {};
  children_ended = false;
  return reap_children();
}

Result<void> Engine::run_cell(std::size_t index, const CellPlan& plan, const StopRule& rule,
                              CellResult& result) {
  return CellRunner(*parts_, index, plan, rule, result).run();
}

}  // namespace hangrate
