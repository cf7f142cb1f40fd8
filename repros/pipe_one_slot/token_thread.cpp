// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/pipe_one_slot/token_thread.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "repros/kit/futex.h"

namespace hangrate::pipe_one_slot {

using kit::futex_wait;
using kit::futex_wake;
using kit::FutexScope;

void TokenThread::move_to(Shared& shared, Step step) {
  shared.step.store(static_cast<std::uint32_t>(step), std::memory_order_release);
}

int TokenThread::do_errand(Shared& shared, const Errand& errand) {
  if (errand.meeting != nullptr && errand.meeting->meet(0) == kit::Rendezvous::kNobody) {
    return ETIMEDOUT;
  }
  char token = errand.token;
  for (int round = 1; round <= errand.rounds; ++round) {
    if (errand.read_fd >= 0) {
      move_to(shared, Step::Reading);
      const ssize_t got = ::read(errand.read_fd, &token, 1);
      if (got != 1) return got == 0 ? EPIPE : errno;
    }
    move_to(shared, Step::Writing);
    if (::write(errand.write_fd, &token, 1) != 1) return errno;
    shared.rounds_done.store(round, std::memory_order_relaxed);
  }
  return 0;
}

void* TokenThread::run(void* memory) {
  auto& shared = *static_cast<Shared*>(memory);
  ::prctl(PR_SET_NAME, shared.name);
  shared.tid.store(static_cast<std::int32_t>(::syscall(SYS_gettid)), std::memory_order_release);
  for (std::uint32_t seen = 0;; ++seen) {
    while (shared.posted.load(std::memory_order_acquire) == seen) {
      futex_wait(shared.posted, seen, 0, FutexScope::Process);
    }
    const Errand errand = shared.errand;
    shared.error.store(do_errand(shared, errand), std::memory_order_relaxed);
    move_to(shared, Step::Done);
    futex_wake(shared.step, FutexScope::Process);
  }
}

std::string TokenThread::start(const char* name) {
  shared_ = new Shared;
  shared_->name = name;
  move_to(*shared_, Step::Done);
  pthread_t thread{};
  if (const int error = ::pthread_create(&thread, nullptr, run, shared_); error != 0) {
    return std::string("pthread_create: ") + std::strerror(error);
  }
  ::pthread_detach(thread);
  const Nanos deadline = now_ns() + 10 * kSecond;
  while ((tid_ = shared_->tid.load(std::memory_order_acquire)) == 0) {
    if (now_ns() > deadline) return "the thread did not start within 10 s";
    const timespec nap = to_timespec(20 * kMicro);
    ::nanosleep(&nap, nullptr);
  }
  const std::string path = "/proc/self/task/" + std::to_string(tid_) + "/stat";
  stat_.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  return stat_ ? "" : "open(" + path + "): " + std::strerror(errno);
}

void TokenThread::post(const Errand& errand) {
  shared_->errand = errand;
  shared_->rounds_done.store(0, std::memory_order_relaxed);
  move_to(*shared_, Step::Idle);
  shared_->posted.fetch_add(1, std::memory_order_release);
  futex_wake(shared_->posted, FutexScope::Process);
}

void TokenThread::wait(Nanos at_most) const {
  const std::uint32_t seen = shared_->step.load(std::memory_order_acquire);
  if (static_cast<Step>(seen) != Step::Done) {
    futex_wait(shared_->step, seen, at_most, FutexScope::Process);
  }
}

bool TokenThread::asleep_at(Step step) const {
  if (at() != step) return false;
  const int round = rounds_done();
  std::array<char, 512> text{};
  const ssize_t size = ::pread(stat_.get(), text.data(), text.size(), 0);
  if (size <= 0) return false;
  const std::string_view line(text.data(), static_cast<std::size_t>(size));
  const std::size_t name_end = line.rfind(") ");  // the name itself may hold anything
  const bool sleeps = name_end != std::string_view::npos && line.substr(name_end + 2, 1) == "S";
  return sleeps && at() == step && rounds_done() == round;  // still the same call
}

}  // namespace hangrate::pipe_one_slot
