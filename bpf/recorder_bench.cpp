// SPDX-License-Identifier: GPL-2.0-or-later
//
// What recording costs. Compare "watched" with "off": the difference, divided by the counter
// `events`, is the price of an event; "unwatched" is what everybody else on the machine pays.
//
//   bpf_bench --benchmark_repetitions=5 --benchmark_enable_random_interleaving=true
#include <csignal>
#include <optional>

#include <benchmark/benchmark.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bpf/recorder.h"
#include "harness/base/unique_fd.h"

namespace hangrate {
namespace {

enum Mode { kOff, kUnwatched, kWatched, kWatchedWithUserStacks, kWatchedSchedOnly };

const char* mode_name(int mode) {
  switch (mode) {
    case kOff:
      return "off";
    case kUnwatched:
      return "unwatched";
    case kWatched:
      return "watched";
    case kWatchedWithUserStacks:
      return "watched, user stacks";
    case kWatchedSchedOnly:
      return "watched, scheduler only";
  }
  return "";
}

/// The recorder for a mode, watching this process if the mode says so; nullopt for kOff.
std::optional<Recorder> arm(benchmark::State& state, int mode) {
  if (mode == kOff) return std::nullopt;
  RecorderOptions options{.user_stacks = mode == kWatchedWithUserStacks};
  if (mode == kWatchedSchedOnly) {
    options.without = {"pipe_read", "pipe_write", "pipe_fcntl", "do_wait"};
  }
  auto recorder = Recorder::start(options);
  if (!recorder) {
    state.SkipWithError(recorder.error().what().c_str());
    return std::nullopt;
  }
  if (mode != kUnwatched && !recorder->watch(::getpid())) state.SkipWithError("cannot watch");
  return std::move(*recorder);
}

void report(benchmark::State& state, const std::optional<Recorder>& recorder,
            std::uint64_t before) {
  state.SetLabel(mode_name(static_cast<int>(state.range(0))));
  if (!recorder) return;
  const std::uint64_t events = recorder->stats().events - before;
  state.counters["events"] = static_cast<double>(events) /
                             static_cast<double>(std::max<std::int64_t>(state.iterations(), 1));
}

struct Pipe {
  Pipe() {
    int ends[2] = {-1, -1};
    if (::pipe(ends) != 0) std::abort();
    read.reset(ends[0]);
    write.reset(ends[1]);
  }
  UniqueFd read;
  UniqueFd write;
};

bool put(int fd) {
  return ::write(fd, "x", 1) == 1;
}
bool take(int fd) {
  char c = 0;
  return ::read(fd, &c, 1) == 1;
}

/// One byte in, one byte out, nobody sleeps.
void BM_PipeWriteRead(benchmark::State& state) {
  const auto recorder = arm(state, static_cast<int>(state.range(0)));
  const Pipe pipe;
  const std::uint64_t before = recorder ? recorder->stats().events : 0;
  for (auto _ : state) {
    if (!put(pipe.write.get()) || !take(pipe.read.get())) state.SkipWithError("pipe");
  }
  report(state, recorder, before);
}
BENCHMARK(BM_PipeWriteRead)->DenseRange(kOff, kWatched);

/// A byte to a child on the same CPU and back: two sleeps, two wake-ups, four calls.
void BM_PingPong(benchmark::State& state) {
  const auto recorder = arm(state, static_cast<int>(state.range(0)));
  cpu_set_t before_set;
  ::sched_getaffinity(0, sizeof before_set, &before_set);
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(0, &one);
  ::sched_setaffinity(0, sizeof one, &one);
  const Pipe there;
  const Pipe back;
  const pid_t child = ::fork();
  if (child == 0) {
    while (take(there.read.get())) {
      if (!put(back.write.get())) break;
    }
    ::_exit(0);
  }
  const std::uint64_t before = recorder ? recorder->stats().events : 0;
  for (auto _ : state) {
    if (!put(there.write.get()) || !take(back.read.get())) state.SkipWithError("pipe");
  }
  report(state, recorder, before);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::sched_setaffinity(0, sizeof before_set, &before_set);
}
BENCHMARK(BM_PingPong)->DenseRange(kOff, kWatchedSchedOnly)->UseRealTime();

/// A snapshot of a full ring of this CPU.
void BM_Snapshot(benchmark::State& state) {
  auto recorder = arm(state, kWatched);
  if (!recorder) return;
  const Pipe pipe;
  const Nanos from = now_ns();
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    if (!put(pipe.write.get()) || !take(pipe.read.get())) state.SkipWithError("pipe");
  }
  std::size_t events = 0;
  for (auto _ : state) {
    events = recorder->snapshot({.from = from, .root = ::getpid()}).events.size();
  }
  state.counters["events"] = static_cast<double>(events);
}
BENCHMARK(BM_Snapshot)->Arg(10)->Arg(1000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace hangrate
