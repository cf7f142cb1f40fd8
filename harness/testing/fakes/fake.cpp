// SPDX-License-Identifier: GPL-2.0-or-later
//
// fake: a reproducer whose victims do on purpose what real ones do by accident. Each variant is one
// way a trial can look; the tests of the supervisor say which of them is a hit and which never is.
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/unique_fd.h"
#include "repros/kit/must.h"
#include "repros/kit/reproducer.h"
#include "repros/kit/rng.h"

namespace hangrate::kit {

namespace {

constexpr int kOverdueMs = 11'000;  // longer than a supervisor lets a trial run unseen

constexpr protocol::Shot kArms[] = {{"left", 10'000}, {"right", 120'000}, {"broken", 5'000}};

/// What this worker shares with its supervisor, mapped before the kit closes the descriptor.
struct Shared {
  protocol::Slot* slot = map<protocol::Slot>(protocol::kSlotFdVariable, protocol::kSlotBytes);
  protocol::SearchTable* table =
      map<protocol::SearchTable>(protocol::kSearchFdVariable, protocol::kSearchBytes);

  template <typename T>
  static T* map(const char* variable, std::size_t bytes) {
    const char* fd = std::getenv(variable);
    if (fd == nullptr) return nullptr;
    void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, std::atoi(fd), 0);
    if (::ftruncate(std::atoi(fd), 0) == 0) std::abort();  // the supervisor would die of it
    return memory == MAP_FAILED ? nullptr : static_cast<T*>(memory);
  }
};
const Shared shared;

class Fake final : public Reproducer {
 public:
  explicit Fake(const Settings& settings)
      : variant_(settings.variant()),
        every_(static_cast<std::uint64_t>(settings.number("every"))),
        lane_(settings.lane()),
        widen_(settings.text("widen")),
        span_ms_(static_cast<int>(settings.number("span_ms"))),
        foreign_(static_cast<int>(settings.number("foreign"))) {}

  void setup(Context& context) override {
    if (variant_ == "skip") context.skip("this fake never runs: remedy X");
    if (variant_ == "one-lane-works" && lane_ != 0) context.fail("frobnicate(): only once (16)");
    if (shared.table != nullptr && widen_ == "auto") offer_arms();
    if (shared.table != nullptr && widen_ == "hostile") spoil_table();
    if (variant_ == "tells-inheritance") context.fail(inheritance());
    if (variant_ == "setup-fails") context.fail("frobnicate(): No such device (19)");
  }

  TrialOutcome trial(Context& context) override {
    context.phase("fake phase");
    if (shared.slot != nullptr && widen_ == "auto" && !aim(context)) return TrialOutcome::Clean;
    if (shared.slot != nullptr && widen_ == "hostile") {
      std::memset(shared.slot->shot.plan, 'A', sizeof shared.slot->shot.plan);
      shared.slot->shot.delay_ns = 0x4141414141414141;
    }
    const std::uint64_t turn = variant_ == "rare" ? context.trial() + 1 : context.trial();
    if (variant_ == "clean" || turn % every_ != 0) return TrialOutcome::Clean;
    if (variant_ == "exits") ::_exit(0);
    if (variant_ == "crashes") std::abort();
    if (variant_ == "kills-supervisor") ::kill(::getppid(), SIGKILL);
    if (variant_ == "worker-stuck") {
      while (true) ::pause();
    }
    if (variant_ == "anomaly") {
      context.note("EINTR seen");
      return TrialOutcome::Anomaly;
    }
    if (variant_ == "skips-later") {
      if (context.trial() >= 5) context.skip("no longer: remedy Y");
      return TrialOutcome::Clean;
    }
    if (variant_ == "fails") context.fail("frobnicate(): No such device (19)");
    if (variant_ == "late-parker") nap(kOverdueMs);  // busy with something else first
    if (variant_ == "late-finisher") {
      nap(kOverdueMs);
      return TrialOutcome::Clean;
    }
    if (variant_ == "measures") {
      context.measure("write 137 B", "63568", "B");
      return TrialOutcome::Clean;
    }
    bell_.reset(must(context, ::eventfd(0, EFD_CLOEXEC), "eventfd"));
    victim_ = must(context, ::fork(), "fork");
    if (victim_ == 0) become_victim();
    if (variant_ == "liar") named_ = made_up(context);
    if (variant_ == "stopped") context.until([&] { return halted(); });
    context.await(*this);
    if (variant_ == "stuck-after-kill") {
      while (true) ::pause();
    }
    if (variant_ == "slow-then-anomaly" || variant_ == "hang-then-anomaly") {
      context.note("EINTR seen after the wait");
      return TrialOutcome::Anomaly;
    }
    if (variant_ == "hang-then-fails") context.fail("cleanup(): Device or resource busy (16)");
    return TrialOutcome::Clean;
  }

  bool finished() override {
    if (victim_ > 0 && ::waitpid(victim_, nullptr, WNOHANG) == victim_) victim_ = 0;
    return victim_ == 0;
  }

  std::vector<PartyInfo> parties() override {
    // "wrong-descriptor": the reproducer claims readiness of something that is not ready.
    const bool wrong = variant_ == "wrong-descriptor";
    if (variant_ == "liar" && named_ != 0) return {{"victim", named_, 0, true, -1, 0}};
    return {{"victim", victim_, 0, true, wrong ? bell_.get() : -1,
             static_cast<short>(wrong ? POLLIN : 0)}};
  }

  Invariant invariant() override {
    const bool broken = variant_ == "lost-wakeup" || variant_ == "hang-then-anomaly" ||
                        variant_ == "one-lane-works" || variant_ == "hang-then-fails" ||
                        variant_ == "late-parker" || variant_ == "elsewhere" ||
                        variant_ == "wrong-descriptor" || variant_ == "stopped" ||
                        variant_ == "starved" || variant_ == "slow" || variant_ == "restless" ||
                        variant_ == "killable-d" || variant_ == "stuck-after-kill" ||
                        variant_ == "liar" || variant_ == "rare";
    if (broken) return {InvariantStatus::Broken, "the fake says that its invariant is broken"};
    return {InvariantStatus::Holds, "the fake says that its invariant holds"};
  }

  bool pull_lever() override {
    const std::uint64_t one = 1;
    return ::write(bell_.get(), &one, sizeof one) == sizeof one;
  }

 private:
  /// What this worker got with its birth.
  static std::string inheritance() {
    std::string text;
    for (int fd = 0; fd < 1024; ++fd) {
      char target[256] = {};
      const std::string path = "/proc/self/fd/" + std::to_string(fd);
      if (::readlink(path.c_str(), target, sizeof target - 1) > 0)
        text += std::string(target) + ' ';
    }
    for (char** entry = environ; *entry != nullptr; ++entry) text += std::string(*entry) + ' ';
    return text;
  }

  /// "right" hits each time, "left" never, "broken" is off. What is in the table already stays.
  static void offer_arms() {
    protocol::SearchTable& table = *shared.table;
    if (table.count.load() != 0) return;
    for (std::size_t i = 0; i < std::size(kArms); ++i) table.arms[i].shot = kArms[i];
    std::strcpy(table.arms[2].off, "the self-test saw no delay");
    table.count.store(std::size(kArms));
  }

  /// As a worker that lost its mind may leave it.
  static void spoil_table() {
    std::memset(static_cast<void*>(shared.table), 0xfe, protocol::kSearchBytes);
  }

  /// Whether the shot of this trial is one that hits.
  bool aim(Context& context) const {
    protocol::Slot& slot = *shared.slot;
    protocol::SearchTable& table = *shared.table;
    if (slot.replay != 0) {
      const std::string text = "replays " + std::to_string(slot.replay_trial);
      context.phase(text.c_str());
      slot.shot = slot.replay_shot;
      return std::strcmp(slot.shot.plan, "right") == 0;
    }
    const bool searches = context.trial() < slot.search_trials;
    context.phase(searches ? "searches" : "measures");
    protocol::Arm* arm = &table.arms[searches ? context.trial() % 2 : 0];
    if (!searches) {  // the one with the most hits
      for (std::size_t i = 0; i < std::min<std::size_t>(table.count, std::size(kArms)); ++i) {
        if (table.arms[i].hits > arm->hits) arm = &table.arms[i];
      }
    }
    slot.shot = arm->shot;
    const bool hits = std::strcmp(arm->shot.plan, "right") == 0;
    ++arm->tries;
    if (hits) ++arm->hits;
    return hits;
  }

  bool halted() const {
    char path[64];
    std::snprintf(path, sizeof path, "/proc/%d/stat", victim_);
    const UniqueFd file(::open(path, O_RDONLY | O_CLOEXEC));
    char text[512] = {};
    if (!file || ::read(file.get(), text, sizeof text - 1) <= 0) return false;
    const char* close = std::strrchr(text, ')');
    return close != nullptr && (close[2] == 'T' || close[2] == 't');
  }

  /// Whose number a liar names: anybody's, or that of one of its own that is dead; 0: the truth.
  int made_up(const Context& context) const {
    Rng rng(lane_, context.trial());
    if (foreign_ != 0) return foreign_;
    switch (rng.below(6)) {
      case 0:
        return 1;
      case 1:
        return ::getppid();
      case 2: {
        const pid_t dead = ::fork();
        if (dead == 0) ::_exit(0);
        ::waitpid(dead, nullptr, 0);
        return dead;
      }
      case 3:
        return 0;
      default:  // a neighbour: another worker, its tasks, a helper, a stranger
        return std::max(1, ::getpid() - 200 + static_cast<int>(rng.below(400)));
    }
  }

  void nap(int ms) const {
    const timespec span = to_timespec(ms * kMilli);
    ::nanosleep(&span, nullptr);
  }

  [[noreturn]] void become_victim() const {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::uint64_t value = 0;
    if (variant_ == "elsewhere" || variant_ == "other" || variant_ == "stuck-after-kill") {
      while (true) ::pause();
    } else if (variant_ == "slow" || variant_ == "slow-then-anomaly") {
      nap(span_ms_);
    } else if (variant_ == "restless") {
      for (int i = 0; i < span_ms_ / 2; ++i) nap(2);  // asleep at every look, never for long
    } else if (variant_ == "starved") {
      for (volatile bool on = true; on;) {
      }
    } else if (variant_ == "stopped") {
      ::raise(SIGSTOP);
    } else if (variant_ == "killable-d") {
      // A vfork parent waits in TASK_UNINTERRUPTIBLE|TASK_KILLABLE (kernel/fork.c
      // wait_for_vfork_done(), v5.10 to v7): state D, yet SIGKILL ends it.
      if (::vfork() == 0) {
        while (true) ::pause();
      }
    } else if (variant_ == "leaves-child") {
      if (::fork() == 0) {
        ::prctl(PR_SET_PDEATHSIG, 0);
        ::setsid();
        while (true) ::pause();
      }
    } else if (::read(bell_.get(), &value, sizeof value) < 0) {
      ::_exit(1);
    }
    ::_exit(0);
  }

  const std::string variant_;
  const std::uint64_t every_;
  const std::uint32_t lane_;
  const std::string widen_;
  const int span_ms_;
  const int foreign_;
  UniqueFd bell_;
  int victim_ = 0;
  int named_ = 0;
};

Variant variant(const char* name, Expect expect) {
  Variant v;
  v.name = name;
  v.summary = "see harness/testing/fakes/repro.cpp";
  v.expect = expect;
  Signature signature;
  signature.role = "victim";
  signature.states = "S";
  signature.syscalls = {"read"};
  signature.frames = {{"eventfd_read", "eventfd_read_iter"}};
  signature.wchans = signature.frames[0];
  v.signatures = {signature};
  v.ladder = {Rung::Wait, Rung::StopContinue, Rung::Lever, Rung::Kill};
  v.healthy_until_ms = 3000;
  v.reference_rate = 0.96;  // one clean trial excludes it
  v.trials = 20;
  return v;
}

}  // namespace

Manifest reproducer_manifest() {
  Manifest m;
  m.name = "fake";
  m.title = "victims made on purpose, for the tests of the supervisor";
  m.invariant = "whatever the variant says";
  m.lever = "ring the eventfd";
  m.params = {{"every", "act in every n-th trial", "1", {}, 1, 1'000'000'000},
              {"widen", "how a race is helped", "none", {"none", "auto", "hostile"}, 0, 0},
              {"span_ms", "how long the slow ones take, ms", "300", {}, 1, 60'000},
              {"foreign", "whom a liar names, 0: it makes it up", "0", {}, 0, 1 << 22}};
  for (const char* name :
       {"lost-wakeup", "hang-then-anomaly", "hang-then-fails", "late-parker", "one-lane-works"})
    m.variants.push_back(variant(name, Expect::Always));
  for (const char* name : {"clean",
                           "slow",
                           "restless",
                           "elsewhere",
                           "other",
                           "wrong-descriptor",
                           "starved",
                           "stopped",
                           "killable-d",
                           "exits",
                           "crashes",
                           "worker-stuck",
                           "anomaly",
                           "skip",
                           "setup-fails",
                           "tells-inheritance",
                           "leaves-child",
                           "fails",
                           "skips-later",
                           "slow-then-anomaly",
                           "stuck-after-kill",
                           "late-finisher",
                           "kills-supervisor",
                           "liar"}) {
    m.variants.push_back(variant(name, Expect::Never));
    m.variants.back().widens = m.variants.back().name != "clean";
  }
  m.variants.back().healthy_until_ms = 20;  // of the liar: many trials, most of them given up
  m.variants.push_back(variant("measures", Expect::Measure));
  m.variants.push_back(variant("rare", Expect::Affected));
  m.variants.back().reference_rate = 0.01;
  return m;
}

std::unique_ptr<Reproducer> make_reproducer(const Settings& settings) {
  return std::make_unique<Fake>(settings);
}

}  // namespace hangrate::kit
