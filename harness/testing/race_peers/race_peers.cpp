// SPDX-License-Identifier: GPL-2.0-or-later
//
// race_peers: how others would hunt the pipe stall, for scripts/bench --race. Each variant spends
// `seconds` on loops of its own in one trial and measures trials, hits and the time to the first
// hit. None of them is a reproducer: nothing here is proven.
//
//   floor    the system calls of pipe_resize_stall in a bare loop: the natural rate, no supervisor
//   timeout  a process tree for each trial, as in the original report, and a hang is what takes
//            longer than a second: what a shell script with timeout(1) does
//   fuzzy    a two-party synchroniser that samples how long both sides take and then delays one of
//            them by a random span, re-derived from what LTP documents of tst_fuzzy_sync: 1024
//            samples, averages with alpha 0.25, deviation ratio 0.1
//
// floor and fuzzy notice a hang after 1 ms by POLLOUT and free it by a second resize: faster than
// their models, which would wait for a timeout.
#include <thread>

#include <poll.h>

#include "repros/kit/hang.h"

namespace {

constexpr int kCapacity = 65536;
constexpr std::size_t kOnePageMore = kCapacity + 4096;
constexpr std::int64_t kPatience = 1'000'000;    // ns
constexpr std::int64_t kSecond = 1'000'000'000;  // ns

struct Pipe {
  Pipe() {
    int ends[2];
    hang_must(pipe2(ends, O_CLOEXEC), "pipe2");
    read.reset(ends[0]);
    write.reset(ends[1]);
  }
  hang_fd read;
  hang_fd write;
};

bool has_room(int write_end) {
  pollfd look{.fd = write_end, .events = POLLOUT, .revents = 0};
  return poll(&look, 1, 0) > 0 && (look.revents & POLLOUT) != 0;
}

/// What a stretch came to.
struct Score {
  std::uint64_t trials = 0;
  std::uint64_t hits = 0;
  std::int64_t first_hit = 0;  ///< since the start, 0 = none
  std::int64_t start = hang_now();

  void count(bool hit) {
    ++trials;
    if (hit && hits++ == 0) first_hit = hang_now() - start;
  }
};

/// LTP's averages and deviations of one quantity, ns.
struct Average {
  double mean = 0;
  double deviation = 0;

  void add(double value) {
    constexpr double kAlpha = 0.25;
    deviation += kAlpha * (std::abs(value - mean) - deviation);
    mean += kAlpha * (value - mean);
  }
  bool steady() const { return deviation <= 0.1 * std::abs(mean) || std::abs(mean) < 1; }
};

class FuzzySync {
 public:
  /// Delays of both sides for the next shot, ns. Zero while sampling.
  void choose() {
    delay_a = delay_b = 0;
    if (samples_ < kSamples && !(samples_ > kSamples / 2 && steady())) return;
    // From "b starts when a has just ended" to "a starts when b has just ended".
    const auto reach = static_cast<std::uint64_t>(length_a_.mean + length_b_.mean) + 1;
    const double delay = static_cast<double>(hang_random(reach)) - length_b_.mean + start_.mean;
    (delay < 0 ? delay_a : delay_b) = static_cast<std::int64_t>(std::abs(delay));
  }

  void sample(std::int64_t start_a, std::int64_t end_a, std::int64_t start_b, std::int64_t end_b) {
    if (delay_a != 0 || delay_b != 0) return;
    ++samples_;
    start_.add(static_cast<double>(start_a - start_b));
    length_a_.add(static_cast<double>(end_a - start_a));
    length_b_.add(static_cast<double>(end_b - start_b));
  }

  std::int64_t delay_a = 0;
  std::int64_t delay_b = 0;

 private:
  static constexpr int kSamples = 1024;

  bool steady() const { return start_.steady() && length_a_.steady() && length_b_.steady(); }

  int samples_ = 0;
  Average start_;
  Average length_a_;
  Average length_b_;
};

void spin(std::int64_t span) {
  const std::int64_t end = hang_now() + span;
  while (hang_now() < end) {
  }
}

std::int64_t span;  // of one trial, ns
int other_cpu;
hang_task* writer;

long write_all(hang_task* task) {
  static char data[kOnePageMore];
  return write(static_cast<int>(task->argument[0]), data, kOnePageMore) < 0 ? -errno : 0;
}

void floor_loop(Score& score) {
  while (hang_now() - score.start < span) {
    const Pipe pipe;
    const std::int64_t fd = pipe.write;
    hang_task_post(writer, write_all, &fd, sizeof fd);
    if (!hang_until([] { return hang_task_asleep(writer); })) hang_fail("no sleep");
    hang_must(fcntl(pipe.read, F_SETPIPE_SZ, 2 * kCapacity), "F_SETPIPE_SZ");
    hang_task_wait(writer, kPatience);
    const bool hit = !hang_task_over(writer) && has_room(pipe.write);
    if (!hang_task_over(writer)) fcntl(pipe.read, F_SETPIPE_SZ, 4 * kCapacity);
    while (!hang_task_over(writer)) hang_task_wait(writer, 1'000'000);
    score.count(hit);
  }
}

/// As the original report does it: the child resizes its stdin while the parent fills it.
[[noreturn]] void family() {
  int ends[2];
  if (pipe(ends) != 0) ::_exit(1);
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(ends[1]);
    fcntl(ends[0], F_SETPIPE_SZ, 1 << 20);
    static char data[kCapacity];
    while (read(ends[0], data, sizeof data) > 0) {
    }
    ::_exit(0);
  }
  close(ends[0]);
  static char data[1 << 20];
  for (int i = 0; i < 10; ++i) {
    if (write(ends[1], data, sizeof data) < 0) break;
  }
  close(ends[1]);
  waitpid(child, nullptr, 0);
  ::_exit(0);
}

void timeout_loop(Score& score) {
  while (hang_now() - score.start < span) {
    const pid_t tree = static_cast<pid_t>(hang_must(fork(), "fork"));
    if (tree == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      family();
    }
    const std::int64_t deadline = hang_now() + kSecond;
    pid_t ended = 0;
    while (ended == 0 && hang_now() < deadline) {
      ended = waitpid(tree, nullptr, WNOHANG);
      if (ended == 0) hang_nap(100'000);
    }
    if (ended == 0) {
      kill(tree, SIGKILL);
      waitpid(tree, nullptr, 0);
    }
    score.count(ended == 0);
  }
}

// Both sides meet at `turn_`, start their delays together, and leave their times behind.
void fuzzy_loop(Score& score) {
  FuzzySync sync;
  std::atomic<std::uint64_t> order{0};
  std::atomic<std::uint64_t> ready{0};
  std::atomic<std::uint64_t> done{0};
  std::atomic<int> fd{-1};
  std::int64_t start_b = 0;
  std::int64_t end_b = 0;
  std::thread other([&] {
    hang_place(0, other_cpu, SCHED_OTHER);
    static char data[kOnePageMore];
    for (std::uint64_t turn = 1;; ++turn) {
      while (order.load() < turn) sched_yield();
      const int to = fd.load();
      if (to < 0) return;
      ready.store(turn);
      spin(sync.delay_b);
      start_b = hang_now();
      if (write(to, data, kOnePageMore) < 0) return;
      end_b = hang_now();
      done.store(turn);
    }
  });
  std::uint64_t turn = 0;
  while (hang_now() - score.start < span) {
    const Pipe pipe;
    sync.choose();
    fd.store(pipe.write);
    order.store(++turn);
    while (ready.load() < turn) sched_yield();
    spin(sync.delay_a);
    const std::int64_t start_a = hang_now();
    hang_must(fcntl(pipe.read, F_SETPIPE_SZ, 2 * kCapacity), "F_SETPIPE_SZ");
    const std::int64_t end_a = hang_now();
    bool hit = false;
    for (int rescue = 0; done.load() < turn; sched_yield()) {
      if (hang_now() - end_a < (rescue + 1) * kPatience) continue;
      hit = hit || has_room(pipe.write);
      fcntl(pipe.read, F_SETPIPE_SZ, (rescue++ % 2 != 0 ? 2 : 4) * kCapacity);
    }
    if (!hit) sync.sample(start_a, end_a, start_b, end_b);
    score.count(hit);
  }
  fd.store(-1);
  order.store(++turn);
  other.join();
}

void setup() {
  span = hang_number("seconds", 9) * kSecond;
  other_cpu = hang_cpu(1);
  if (*hang_place(0, hang_cpu(0), SCHED_OTHER) != '\0') hang_must(-1, "sched_setaffinity");
  if (hang_is("floor")) writer = hang_task_start(HANG_THREAD, other_cpu, SCHED_OTHER);
}

int measured(void (*loops)(Score&)) {
  Score score;
  loops(score);
  hang_measure("trials", "", "%llu", static_cast<unsigned long long>(score.trials));
  hang_measure("hits", "", "%llu", static_cast<unsigned long long>(score.hits));
  hang_measure("span", "ns", "%lld", static_cast<long long>(hang_now() - score.start));
  hang_measure("first hit", "ns", "%lld", static_cast<long long>(score.first_hit));
  return HANG_CLEAN;
}
int floor_trial() {
  return measured(floor_loop);
}
int timeout_trial() {
  return measured(timeout_loop);
}
int fuzzy_trial() {
  return measured(fuzzy_loop);
}

}  // namespace

HANG_VARIANT(floor, "floor", setup, floor_trial)
HANG_VARIANT(timeout, "timeout", setup, timeout_trial)
HANG_VARIANT(fuzzy, "fuzzy", setup, fuzzy_trial)

int main(int argc, char** argv) {
  return hang_main(argc, argv);
}
