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
#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/unique_fd.h"
#include "repros/kit/actor.h"
#include "repros/kit/must.h"
#include "repros/kit/reproducer.h"

namespace hangrate::kit {

namespace {

constexpr int kCapacity = 65536;
constexpr std::size_t kOnePageMore = kCapacity + 4096;
constexpr Nanos kPatience = kMilli;

struct Pipe {
  explicit Pipe(Context& context) {
    int ends[2];
    must(context, ::pipe2(ends, O_CLOEXEC), "pipe2");
    read.reset(ends[0]);
    write.reset(ends[1]);
  }
  UniqueFd read;
  UniqueFd write;
};

bool has_room(int write_end) {
  pollfd look{.fd = write_end, .events = POLLOUT, .revents = 0};
  return ::poll(&look, 1, 0) > 0 && (look.revents & POLLOUT) != 0;
}

/// What a stretch came to.
struct Score {
  std::uint64_t trials = 0;
  std::uint64_t hits = 0;
  Nanos first_hit = 0;  ///< since the start, 0 = none
  Nanos start = now_ns();

  void count(bool hit) {
    ++trials;
    if (hit && hits++ == 0) first_hit = now_ns() - start;
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
  void choose(Rng& rng) {
    delay_a = delay_b = 0;
    if (samples_ < kSamples && !(samples_ > kSamples / 2 && steady())) return;
    // From "b starts when a has just ended" to "a starts when b has just ended".
    const auto reach = static_cast<std::uint64_t>(length_a_.mean + length_b_.mean) + 1;
    const double delay = static_cast<double>(rng.below(reach)) - length_b_.mean + start_.mean;
    (delay < 0 ? delay_a : delay_b) = static_cast<Nanos>(std::abs(delay));
  }

  void sample(Nanos start_a, Nanos end_a, Nanos start_b, Nanos end_b) {
    if (delay_a != 0 || delay_b != 0) return;
    ++samples_;
    start_.add(static_cast<double>(start_a - start_b));
    length_a_.add(static_cast<double>(end_a - start_a));
    length_b_.add(static_cast<double>(end_b - start_b));
  }

  Nanos delay_a = 0;
  Nanos delay_b = 0;

 private:
  static constexpr int kSamples = 1024;

  bool steady() const { return start_.steady() && length_a_.steady() && length_b_.steady(); }

  int samples_ = 0;
  Average start_;
  Average length_a_;
  Average length_b_;
};

void spin(Nanos span) {
  const Nanos end = now_ns() + span;
  while (now_ns() < end) {
  }
}

class RacePeers final : public Reproducer {
 public:
  explicit RacePeers(const Settings& settings)
      : settings_(settings), span_(settings.number("seconds") * kSecond) {}

  void setup(Context& context) override {
    const std::vector<int> cpus = allowed_cpus();
    const std::string problem = place_self({.cpu = cpus[0], .policy = 0});
    if (!problem.empty()) context.fail(problem);
    if (settings_.variant() == "floor") {
      const std::string why =
          writer_.start(ActorKind::Thread, {.cpu = cpus[1 % cpus.size()], .policy = 0});
      if (!why.empty()) context.fail(why);
    }
    other_cpu_ = cpus[1 % cpus.size()];
  }

  TrialOutcome trial(Context& context) override {
    Score score;
    if (settings_.variant() == "floor") floor(context, score);
    if (settings_.variant() == "timeout") timeout(context, score);
    if (settings_.variant() == "fuzzy") fuzzy(context, score);
    context.measure("trials", std::to_string(score.trials), "");
    context.measure("hits", std::to_string(score.hits), "");
    context.measure("span", std::to_string(now_ns() - score.start), "ns");
    context.measure("first hit", std::to_string(score.first_hit), "ns");
    return TrialOutcome::Clean;
  }

  bool finished() override { return true; }
  std::vector<PartyInfo> parties() override { return {}; }
  Invariant invariant() override { return {}; }

 private:
  void floor(Context& context, Score& score) {
    while (now_ns() - score.start < span_) {
      const Pipe pipe(context);
      writer_.post({.verb = JobVerb::Write,
                    .fd = pipe.write.get(),
                    .bytes = kOnePageMore,
                    .chunk = kOnePageMore});
      if (!context.until([this] { return writer_.asleep(); })) context.fail("no sleep");
      must(context, ::fcntl(pipe.read.get(), F_SETPIPE_SZ, 2 * kCapacity), "F_SETPIPE_SZ");
      writer_.wait(kPatience);
      const bool hit = !writer_.finished() && has_room(pipe.write.get());
      if (!writer_.finished()) ::fcntl(pipe.read.get(), F_SETPIPE_SZ, 4 * kCapacity);
      while (!writer_.finished()) writer_.wait(kMilli);
      score.count(hit);
    }
  }

  /// As the original report does it: the child resizes its stdin while the parent fills it.
  static void family() {
    int ends[2];
    if (::pipe(ends) != 0) ::_exit(1);
    const pid_t child = ::fork();
    if (child == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::close(ends[1]);
      ::fcntl(ends[0], F_SETPIPE_SZ, 1 << 20);
      static char data[kCapacity];
      while (::read(ends[0], data, sizeof data) > 0) {
      }
      ::_exit(0);
    }
    ::close(ends[0]);
    static char data[1 << 20];
    for (int i = 0; i < 10; ++i) {
      if (::write(ends[1], data, sizeof data) < 0) break;
    }
    ::close(ends[1]);
    ::waitpid(child, nullptr, 0);
    ::_exit(0);
  }

  void timeout(Context& context, Score& score) {
    while (now_ns() - score.start < span_) {
      const pid_t tree = must(context, ::fork(), "fork");
      if (tree == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        family();
      }
      const Nanos deadline = now_ns() + kSecond;
      pid_t ended = 0;
      while (ended == 0 && now_ns() < deadline) {
        ended = ::waitpid(tree, nullptr, WNOHANG);
        if (ended == 0) Reproducer::wait(100 * kMicro);
      }
      if (ended == 0) {
        ::kill(tree, SIGKILL);
        ::waitpid(tree, nullptr, 0);
      }
      score.count(ended == 0);
    }
  }

  // Both sides meet at `turn_`, start their delays together, and leave their times behind.
  void fuzzy(Context& context, Score& score) {
    FuzzySync sync;
    std::atomic<std::uint64_t> order{0};
    std::atomic<std::uint64_t> ready{0};
    std::atomic<std::uint64_t> done{0};
    std::atomic<int> fd{-1};
    Nanos start_b = 0;
    Nanos end_b = 0;
    std::thread writer([&] {
      place_self({.cpu = other_cpu_, .policy = 0});
      static char data[kOnePageMore];
      for (std::uint64_t turn = 1;; ++turn) {
        while (order.load() < turn) ::sched_yield();
        const int to = fd.load();
        if (to < 0) return;
        ready.store(turn);
        spin(sync.delay_b);
        start_b = now_ns();
        if (::write(to, data, kOnePageMore) < 0) return;
        end_b = now_ns();
        done.store(turn);
      }
    });
    std::uint64_t turn = 0;
    while (now_ns() - score.start < span_) {
      const Pipe pipe(context);
      sync.choose(context.rng());
      fd.store(pipe.write.get());
      order.store(++turn);
      while (ready.load() < turn) ::sched_yield();
      spin(sync.delay_a);
      const Nanos start_a = now_ns();
      must(context, ::fcntl(pipe.read.get(), F_SETPIPE_SZ, 2 * kCapacity), "F_SETPIPE_SZ");
      const Nanos end_a = now_ns();
      bool hit = false;
      for (int rescue = 0; done.load() < turn; ::sched_yield()) {
        if (now_ns() - end_a < (rescue + 1) * kPatience) continue;
        hit = hit || has_room(pipe.write.get());
        ::fcntl(pipe.read.get(), F_SETPIPE_SZ, (rescue++ % 2 != 0 ? 2 : 4) * kCapacity);
      }
      if (!hit) sync.sample(start_a, end_a, start_b, end_b);
      score.count(hit);
    }
    fd.store(-1);
    order.store(++turn);
    writer.join();
  }

  const Settings settings_;
  const Nanos span_;
  Actor writer_;
  int other_cpu_ = 0;
};

Variant variant(const char* name, const char* summary) {
  Variant v;
  v.name = name;
  v.summary = summary;
  v.expect = Expect::Measure;
  v.trials = 1;
  v.tasks = 2;
  return v;
}

}  // namespace

Manifest reproducer_manifest() {
  Manifest m;
  m.name = "race_peers";
  m.title = "how others would hunt the pipe stall, for comparison";
  m.symptom = "-";
  m.mechanism = "-";
  m.invariant = "-";
  m.variants = {variant("floor", "the system calls in a bare loop"),
                variant("timeout", "a process tree a trial, a hang is a second without end"),
                variant("fuzzy", "two-party synchronisation by sampled spans and random delays")};
  m.params = {{"seconds", "how long, below what a supervisor calls overdue", "9", {}, 1, 9}};
  return m;
}

std::unique_ptr<Reproducer> make_reproducer(const Settings& settings) {
  return std::make_unique<RacePeers>(settings);
}

}  // namespace hangrate::kit
