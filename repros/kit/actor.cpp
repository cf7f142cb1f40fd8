// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/kit/actor.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/base/check.h"
#include "repros/kit/futex.h"

namespace hangrate::kit {

namespace {

enum class Stage : std::uint32_t { Starting, Ready, Entered, Done, Broken };

constexpr std::size_t kPayloadBytes = 64u << 20;  // the largest single write

/// Zeros to write: a read-only anonymous mapping, all of it the kernel's one zero page.
const char* payload() {
  static const char* const bytes = [] {
    void* memory = ::mmap(nullptr, kPayloadBytes, PROT_READ,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    HR_CHECK(memory != MAP_FAILED);
    return static_cast<const char*>(memory);
  }();
  return bytes;
}

std::string failed(const char* operation) {
  return std::string(operation) + ": " + std::strerror(errno) + " (" + std::to_string(errno) + ")";
}

std::int64_t write_all(const Job& job) {
  const std::size_t chunk = job.chunk != 0 ? job.chunk : job.bytes;
  std::size_t done = 0;
  while (done < job.bytes) {
    const ssize_t n = ::write(job.fd, payload(), std::min(chunk, job.bytes - done));
    if (n < 0) return -errno;
    done += static_cast<std::size_t>(n);
  }
  return static_cast<std::int64_t>(done);
}

std::int64_t splice_all(const Job& job) {
  loff_t offset = 0;
  std::size_t done = 0;
  while (done < job.bytes) {
    const ssize_t n = ::splice(job.from_fd, &offset, job.fd, nullptr, job.bytes - done, 0);
    if (n < 0) return -errno;
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return static_cast<std::int64_t>(done);
}

}  // namespace

/// In memory shared with a process actor. `posted` and `stage` are futex words.
struct Actor::Shared {
  std::atomic<std::uint32_t> posted{0};
  std::atomic<std::uint32_t> stage{static_cast<std::uint32_t>(Stage::Starting)};
  std::atomic<std::uint32_t> waiters{0};
  std::atomic<std::int32_t> tid{0};
  std::atomic<std::int64_t> result{0};
  Job job;
  Placement placement;
  ActorKind kind = ActorKind::Thread;
  int parent = 0;
  char error[160] = {};

  FutexScope scope() const {
    return kind == ActorKind::Thread ? FutexScope::Process : FutexScope::Shared;
  }
  Stage at() const { return static_cast<Stage>(stage.load(std::memory_order_acquire)); }
  void move_to(Stage next) {
    stage.store(static_cast<std::uint32_t>(next), std::memory_order_seq_cst);
    if (waiters.load(std::memory_order_seq_cst) != 0) futex_wake(stage, scope());
  }
};

std::vector<int> allowed_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> cpus;
  if (::sched_getaffinity(0, sizeof set, &set) == 0) {
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(static_cast<unsigned>(cpu), &set)) cpus.push_back(cpu);
    }
  }
  if (cpus.empty()) cpus.push_back(0);
  return cpus;
}

std::string place_task(int tid, const Placement& placement) {
  if (placement.cpu >= 0) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<unsigned>(placement.cpu), &set);
    if (::sched_setaffinity(tid, sizeof set, &set) != 0) return failed("sched_setaffinity");
  }
  sched_param param{};
  if (placement.policy == SCHED_FIFO || placement.policy == SCHED_RR) param.sched_priority = 1;
  if (::sched_setscheduler(tid, placement.policy, &param) != 0) {
    return failed("sched_setscheduler");
  }
  return {};
}

std::string place_self(const Placement& placement) {
  if (placement.cpu < 0 && placement.policy == SCHED_OTHER) return {};
  return place_task(0, placement);
}

int Actor::run(void* memory) {
  auto& shared = *static_cast<Shared*>(memory);
  if (shared.kind == ActorKind::Process) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != shared.parent) ::_exit(0);
  }
  const std::string problem = place_self(shared.placement);
  shared.tid.store(static_cast<std::int32_t>(::syscall(SYS_gettid)));
  if (!problem.empty()) {
    problem.copy(shared.error, sizeof shared.error - 1);
    shared.move_to(Stage::Broken);
    return 1;
  }
  shared.move_to(Stage::Ready);
  std::uint32_t seen = 0;
  while (true) {
    while (shared.posted.load(std::memory_order_acquire) == seen) {
      futex_wait(shared.posted, seen, 0, shared.scope());
    }
    ++seen;
    const Job job = shared.job;
    shared.stage.store(static_cast<std::uint32_t>(Stage::Entered), std::memory_order_release);
    shared.result.store(job.verb == JobVerb::Splice ? splice_all(job) : write_all(job),
                        std::memory_order_relaxed);
    shared.move_to(Stage::Done);
  }
}

Actor::~Actor() {
  // The task may be wedged: it is left to the worker's exit (thread) or to SIGKILL (process), and
  // its memory stays mapped because it may still write to it.
  if (shared_ != nullptr && shared_->kind == ActorKind::Process && pid_ > 0) {
    ::kill(pid_, SIGKILL);
  }
}

std::string Actor::start(ActorKind kind, const Placement& placement) {
  void* memory =
      ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return failed("mmap");
  shared_ = new (memory) Shared;
  shared_->kind = kind;
  shared_->placement = placement;
  shared_->parent = ::getpid();
  payload();
  if (kind == ActorKind::Thread) {
    pthread_t thread{};
    const int error = ::pthread_create(
        &thread, nullptr,
        [](void* shared) -> void* {
          run(shared);
          return nullptr;
        },
        memory);
    if (error != 0) {
      errno = error;
      return failed("pthread_create");
    }
    ::pthread_detach(thread);
    pid_ = ::getpid();
  } else {
    // A fork that keeps the file table shared, so pipes made later exist in both.
    const long pid = ::syscall(SYS_clone, CLONE_FILES | SIGCHLD, nullptr, nullptr, nullptr, 0);
    if (pid < 0) return failed("clone");
    if (pid == 0) ::_exit(run(memory));
    pid_ = static_cast<int>(pid);
  }
  const Nanos deadline = now_ns() + 10 * kSecond;
  shared_->waiters.store(1);
  while (shared_->at() == Stage::Starting && now_ns() < deadline) {
    futex_wait(shared_->stage, static_cast<std::uint32_t>(Stage::Starting), 10 * kMilli,
               shared_->scope());
  }
  shared_->waiters.store(0);
  if (shared_->at() == Stage::Broken) return shared_->error;
  if (shared_->at() != Stage::Ready) return "the second task did not start within 10 s";
  tid_ = shared_->tid.load();
  const std::string path =
      "/proc/" + std::to_string(pid_) + "/task/" + std::to_string(tid_) + "/stat";
  stat_fd_.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!stat_fd_) return failed(("open(" + path + ")").c_str());
  return {};
}

void Actor::post(const Job& job) {
  shared_->job = job;
  shared_->stage.store(static_cast<std::uint32_t>(Stage::Ready), std::memory_order_relaxed);
  shared_->posted.fetch_add(1, std::memory_order_release);
  futex_wake(shared_->posted, shared_->scope());
}

bool Actor::finished() const {
  return shared_->at() == Stage::Done;
}

void Actor::wait(Nanos at_most) const {
  const std::uint32_t seen = shared_->stage.load(std::memory_order_acquire);
  if (static_cast<Stage>(seen) == Stage::Done) return;
  shared_->waiters.fetch_add(1, std::memory_order_seq_cst);
  futex_wait(shared_->stage, seen, at_most, shared_->scope());
  shared_->waiters.fetch_sub(1, std::memory_order_seq_cst);
}

bool Actor::asleep() const {
  if (shared_->at() != Stage::Entered) return false;
  char text[512];
  const ssize_t n = ::pread(stat_fd_.get(), text, sizeof text - 1, 0);
  if (n <= 0) return false;
  text[n] = '\0';
  // The name may itself contain ") S": the state follows the last parenthesis (proc_pid_stat(5)).
  const char* close = std::strrchr(text, ')');
  return close != nullptr && close[1] == ' ' && close[2] == 'S' && shared_->at() == Stage::Entered;
}

std::int64_t Actor::result() const {
  return shared_->result.load(std::memory_order_acquire);
}

}  // namespace hangrate::kit
