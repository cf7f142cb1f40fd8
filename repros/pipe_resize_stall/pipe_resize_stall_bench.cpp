// SPDX-License-Identifier: GPL-2.0-or-later
//
// The floor under pipe_resize_stall: its system calls in a bare loop, with no kit and no
// supervisor. A thread writes one page more than a pipe holds, the loop waits until /proc shows it
// asleep, resizes and waits for it. scripts/bench holds `pipe_resize_stall --workers 1` against
// this in the same run.
//   build/default/bench/pipe_resize_stall_bench --benchmark_repetitions=5
#include <atomic>
#include <climits>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

constexpr int kCapacity = 65536;
constexpr std::size_t kWrite = kCapacity + 4096;

void pin(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<unsigned>(cpu), &set);
  ::sched_setaffinity(0, sizeof set, &set);
}

long futex(std::atomic<std::uint32_t>& word, int operation, std::uint32_t value) {
  return ::syscall(SYS_futex, &word, operation | FUTEX_PRIVATE_FLAG, value, nullptr, nullptr, 0);
}

/// The writer thread: `order` and `done` count trials.
struct Writer {
  std::atomic<std::uint32_t> order{0};
  std::atomic<std::uint32_t> done{0};
  std::atomic<bool> waits{false};
  std::atomic<bool> quit{false};
  std::atomic<int> tid{0};
  int fd = -1;

  void run(int cpu) {
    pin(cpu);
    static char bytes[kWrite];
    tid = static_cast<int>(::syscall(SYS_gettid));
    for (std::uint32_t seen = 0;; ++seen) {
      while (order.load() == seen) futex(order, FUTEX_WAIT, seen);
      if (quit) return;
      if (::write(fd, bytes, kWrite) < 0) std::abort();
      done.fetch_add(1);
      if (waits.load()) futex(done, FUTEX_WAKE, INT_MAX);
    }
  }
};

bool asleep(int stat) {
  char text[512];
  const ssize_t n = ::pread(stat, text, sizeof text - 1, 0);
  text[n > 0 ? n : 0] = '\0';
  const char* close = std::strrchr(text, ')');
  return close != nullptr && close[2] == 'S';
}

void one_trial(Writer& writer, int stat) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
  const int size = ::fcntl(ends[0], F_GETPIPE_SZ);
  writer.fd = ends[1];
  const std::uint32_t before = writer.done.load();
  writer.order.fetch_add(1);
  futex(writer.order, FUTEX_WAKE, INT_MAX);
  // The writer also sleeps before its order arrives; a full pipe tells the two apart.
  for (int round = 0;; ++round) {
    int queued = 0;
    if (asleep(stat) && ::ioctl(ends[0], FIONREAD, &queued) == 0 && queued == size) break;
    if (round >= 16) ::sched_yield();
  }
  ::fcntl(ends[0], F_SETPIPE_SZ, 2 * size);
  writer.waits = true;
  while (writer.done.load() == before) futex(writer.done, FUTEX_WAIT, before);
  writer.waits = false;
  ::close(ends[0]);
  ::close(ends[1]);
}

void BM_BareLoop(benchmark::State& state) {
  const int resizer_cpu = 0;
  const int writer_cpu = state.range(0) == 0 ? 1 : 0;
  cpu_set_t before;
  ::sched_getaffinity(0, sizeof before, &before);
  if (!CPU_ISSET(static_cast<unsigned>(writer_cpu), &before)) {
    state.SkipWithError("needs two CPUs");
    return;
  }
  pin(resizer_cpu);
  Writer writer;
  std::thread thread([&] { writer.run(writer_cpu); });
  while (writer.tid == 0) std::this_thread::yield();
  const std::string path = "/proc/self/task/" + std::to_string(writer.tid) + "/stat";
  const int stat = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  for (auto _ : state) one_trial(writer, stat);
  state.SetItemsProcessed(state.iterations());
  writer.quit = true;
  writer.order.fetch_add(1);
  futex(writer.order, FUTEX_WAKE, INT_MAX);
  thread.join();
  ::close(stat);
  ::sched_setaffinity(0, sizeof before, &before);
}
BENCHMARK(BM_BareLoop)->ArgName("one_cpu")->Arg(0)->Arg(1)->UseRealTime();

}  // namespace
