// SPDX-License-Identifier: GPL-2.0-or-later
//
// What one trial costs, step by step, against a bare loop of the same system calls. Every iteration
// is a real hang where the kernel has the bug: it is aborted as soon as a request is seen to wait.
//   build/bench/fuse_flush_exit_bench --benchmark_repetitions=20 --benchmark_min_time=0.05
//       --benchmark_enable_random_interleaving=true --benchmark_report_aggregates_only=true
#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <vector>

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "repros/fuse_flush_exit/fuse_server.h"
#include "repros/fuse_flush_exit/shot.h"
#include "repros/fuse_flush_exit/workspace.h"
#include "repros/kit/actor.h"

namespace hangrate::fuse_flush_exit {

namespace {

/// Adds up the time of each step and reports the means, in us.
class Steps {
 public:
  explicit Steps(benchmark::State& state) : state_(state) {}
  ~Steps() {
    for (std::size_t i = 0; i < used_; ++i) {
      state_.counters[names_[i]] = benchmark::Counter(static_cast<double>(sums_[i]) / kMicro,
                                                      benchmark::Counter::kAvgIterations);
    }
  }
  Steps(const Steps&) = delete;
  Steps& operator=(const Steps&) = delete;

  void begin() {
    at_ = 0;
    last_ = now_ns();
  }
  /// The step that ends now. Names start with a digit: the report sorts them.
  void end(const char* name) {
    const Nanos now = now_ns();
    names_[at_] = name;
    sums_[at_] += now - last_;
    last_ = now;
    used_ = std::max(used_, ++at_);
  }

 private:
  benchmark::State& state_;
  std::array<const char*, 12> names_{};
  std::array<Nanos, 12> sums_{};
  std::size_t at_ = 0;
  std::size_t used_ = 0;
  Nanos last_ = 0;
};

/// Enters the workspace once per process, on one CPU as the worker does. "" or why not.
const std::string& ready() {
  static const std::string problem = [] {
    FuseServer probe;
    std::string failure = probe.open();
    if (failure.empty()) failure = enter_workspace();
    if (failure.empty())
      failure = kit::place_self(kit::Placement{.cpu = kit::allowed_cpus().back(), .policy = 0});
    return failure;
  }();
  return problem;
}

// ---- the bare loop: nothing of ours, no error handling

int g_device = -1;
int g_ends[2];

void* bare_opener(void*) {
  const int fd = ::open(kServedFile, O_RDONLY);
  const char byte = fd >= 0 ? 'a' : 'x';
  if (::write(g_ends[1], &byte, 1) != 1) return nullptr;
  while (true) ::pause();
}

[[noreturn]] void bare_server() {
  static char request[16384];
  while (::read(g_device, request, sizeof request) > 0) {
    fuse_in_header in{};
    std::memcpy(&in, request, sizeof in);
    struct {
      fuse_out_header header;
      union {
        fuse_init_out init;
        fuse_entry_out entry;
        fuse_open_out open;
      } body;
    } out{};
    std::size_t size = sizeof out.header;
    if (in.opcode == FUSE_INIT) {
      out.body.init.major = 7;
      out.body.init.minor = 31;
      out.body.init.max_write = 4096;
      size += sizeof out.body.init;
    } else if (in.opcode == FUSE_LOOKUP) {
      out.body.entry.nodeid = 2;
      out.body.entry.attr.mode = S_IFREG | 0644;
      out.body.entry.attr.nlink = 1;
      size += sizeof out.body.entry;
    } else if (in.opcode == FUSE_OPEN) {
      size += sizeof out.body.open;
    }
    out.header.len = static_cast<std::uint32_t>(size);
    out.header.unique = in.unique;
    if (::write(g_device, &out, size) < 0) break;
  }
  ::_exit(0);
}

void bare_loop(benchmark::State& state) {
  if (!ready().empty()) return state.SkipWithError(ready().c_str());
  Steps steps(state);
  for (auto _ : state) {
    steps.begin();
    g_device = ::open("/dev/fuse", O_RDWR | O_CLOEXEC);
    char options[96];
    std::snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0", g_device);
    ::mount("bare", kMountPoint, "fuse", MS_NOSUID | MS_NODEV, options);
    const int connection = fuse_connection_at(kMountPoint);
    steps.end("1 mount");
    ::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, g_ends);
    const int pid = ::fork();
    if (pid == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::close(g_ends[0]);
      pthread_t thread{};
      ::pthread_create(&thread, nullptr, bare_opener, nullptr);
      bare_server();
    }
    ::close(g_device);
    ::close(g_ends[1]);
    char byte = 0;
    const bool armed = ::read(g_ends[0], &byte, 1) == 1 && byte == 'a';
    steps.end("2 arm");
    ::kill(pid, SIGKILL);
    while (armed && fuse_requests_waiting(connection).value_or(1) == 0) ::sched_yield();
    steps.end("3 kill");
    abort_fuse_connection(connection);
    int status = 0;
    ::waitpid(pid, &status, 0);
    steps.end("4 abort");
    ::close(g_ends[0]);
    ::umount2(kMountPoint, MNT_DETACH);
    steps.end("5 umount");
    if (!armed) return state.SkipWithError("the bare daemon could not open its file");
  }
}

// ---- the same through the reproducer

void shot(benchmark::State& state, Scene scene) {
  if (!ready().empty()) return state.SkipWithError(ready().c_str());
  Steps steps(state);
  Shot one(scene);
  for (auto _ : state) {
    steps.begin();
    std::string failure = one.mount();
    steps.end("1 mount");
    if (failure.empty()) failure = one.arm();
    steps.end("2 arm");
    if (failure.empty()) one.kill();
    while (failure.empty() && !one.finished() &&
           fuse_requests_waiting(one.connection()).value_or(1) == 0) {
      ::sched_yield();
    }
    steps.end("3 kill");
    one.abort();
    while (failure.empty() && !one.finished()) one.wait(kSecond);
    steps.end("4 abort");
    const std::string left = one.clean_up();
    steps.end("5 umount");
    if (failure.empty()) failure = left;
    if (!failure.empty()) return state.SkipWithError(failure.c_str());
  }
}

void BM_BareSelfHeld(benchmark::State& state) {
  bare_loop(state);
}
void BM_SelfHeld(benchmark::State& state) {
  shot(state, Scene::SelfHeld);
}
void BM_PidNamespace(benchmark::State& state) {
  shot(state, Scene::PidNamespace);
}
void BM_InheritedFd(benchmark::State& state) {
  shot(state, Scene::InheritedFd);
}
void BM_LiveDaemon(benchmark::State& state) {
  shot(state, Scene::LiveDaemon);
}
void BM_Lookup(benchmark::State& state) {
  shot(state, Scene::Lookup);
}

/// A trial as on a kernel without the bug: nothing is aborted, step 3 is the whole exit.
void BM_HealthyExit(benchmark::State& state) {
  if (!ready().empty()) return state.SkipWithError(ready().c_str());
  Steps steps(state);
  Shot one(Scene::NoFlush);
  for (auto _ : state) {
    steps.begin();
    std::string failure = one.mount();
    steps.end("1 mount");
    if (failure.empty()) failure = one.arm();
    steps.end("2 arm");
    if (failure.empty()) one.kill();
    while (failure.empty() && !one.finished()) one.wait(kSecond);
    steps.end("3 exit");
    const std::string left = one.clean_up();
    steps.end("5 umount");
    if (failure.empty()) failure = left;
    if (!failure.empty()) return state.SkipWithError(failure.c_str());
  }
}

/// Neighbours on a shared machine only ever add time, so the best of some repetitions is the figure
/// to compare; interleaved, so that all benchmarks meet the same neighbours.
double best(const std::vector<double>& values) {
  return *std::min_element(values.begin(), values.end());
}

void usual(benchmark::internal::Benchmark* one) {
  one->UseRealTime()->Unit(benchmark::kMicrosecond)->ComputeStatistics("best", best);
}

BENCHMARK(BM_BareSelfHeld)->Apply(usual);
BENCHMARK(BM_SelfHeld)->Apply(usual);
BENCHMARK(BM_PidNamespace)->Apply(usual);
BENCHMARK(BM_InheritedFd)->Apply(usual);
BENCHMARK(BM_LiveDaemon)->Apply(usual);
BENCHMARK(BM_Lookup)->Apply(usual);
BENCHMARK(BM_HealthyExit)->Apply(usual);

}  // namespace

}  // namespace hangrate::fuse_flush_exit
