// SPDX-License-Identifier: GPL-2.0-or-later
//
// sleepers: a corpus of healthy sleeps that last for seconds and end by themselves, as a slow
// server, a poll loop or a lock handed over late make them. The tests of the supervisor demand that
// none of them is a hang, whatever this program says of its invariant, and that nobody signals one.
// Two variants must be noticed: one whose wake-up is lost, and one that stands still with nothing
// broken.
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/testing/sleepers/late_server.h"
#include "harness/testing/sleepers/ledger.h"
#include "harness/testing/sleepers/sleep_kind.h"
#include "repros/fuse_flush_exit/workspace.h"
#include "repros/kit/futex.h"
#include "repros/kit/must.h"
#include "repros/kit/reproducer.h"

namespace hangrate::sleepers {

using kit::Context;
using kit::Invariant;
using kit::InvariantStatus;
using kit::must;
using kit::PartyInfo;
using kit::Settings;
using kit::TrialOutcome;

Ledger::Ledger() {
  const char* path = std::getenv(kLedgerVariable);
  if (path != nullptr) file_.reset(::open(path, O_WRONLY | O_APPEND | O_CLOEXEC));
}

void Ledger::write(const std::string& line) const {
  const std::string text = line + '\n';
  if (file_ && ::write(file_.get(), text.data(), text.size()) < 0) return;
}

namespace {

enum class Fate { EndsByItself, WakeUpLost, StandsStill };

Fate fate_of(const std::string& variant) {
  if (variant == "lost-wakeup") return Fate::WakeUpLost;
  return variant == "stands-still" ? Fate::StandsStill : Fate::EndsByItself;
}

class Sleepers final : public kit::Reproducer {
 public:
  explicit Sleepers(const Settings& settings)
      : fate_(fate_of(settings.variant())),
        kind_(settings.text("kind")),
        claims_(settings.text("claims")),
        shortest_(settings.number("shortest_ms") * kMilli),
        longest_(std::max(shortest_, settings.number("span_ms") * kMilli)),
        lever_(settings.text("lever") == "pull") {}

  void setup(Context& context) override {
    void* memory =
        ::mmap(nullptr, sizeof(Stage), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) must(context, -1, "mmap");
    stage_ = static_cast<Stage*>(memory);
    const std::string no_fuse = prepare_fuse();
    for (const KindFacts& kind : kKinds) {
      const bool chosen = kind_ == "all" || kind.name == kind_;
      std::string why;
      if (kind.fuse) why = no_fuse;
      // A lie about a wait whose end nobody can see is believed: that is the reproducer's duty.
      if (lies() && kind.end != End::OwnDeadline) why = "its deadline is not to be seen";
      if (chosen && why.empty()) kinds_.push_back(&kind);
      if (chosen && !why.empty()) leave_out(context, kind, why);
    }
  }

  TrialOutcome trial(Context& context) override {
    trial_ = std::to_string(context.trial());
    facts_ = kinds_[context.trial() % kinds_.size()];
    const auto room = static_cast<std::uint64_t>((longest_ - shortest_) / kMilli + 1);
    span_ = shortest_ + static_cast<Nanos>(context.rng().below(room)) * kMilli;
    context.phase(facts_->name.data());
    new (stage_) Stage;
    status_ = 0;
    const int fd = stage(context);
    sleeper_ = must(context, ::fork(), "fork");
    if (sleeper_ == 0) become_sleeper(fd);
    ledger_.write("begin " + trial_ + ' ' + std::string(facts_->name) + ' ' +
                  std::to_string(span_ / kMilli) + ' ' + std::to_string(sleeper_));
    if (fate_ == Fate::WakeUpLost && facts_->fuse) {
      if (!context.until([&] { return stage_->held.load() != 0; })) {
        context.fail("the server got no request");
      }
      server_.lose();
    }
    context.await(*this);
    const std::string left = clean_up(context);
    if (!left.empty()) context.fail(left);
    return account(context);
  }

  bool finished() override {
    int status = 0;
    while (sleeper_ > 0 &&
           ::waitpid(sleeper_, &status, WNOHANG | WUNTRACED | WCONTINUED) == sleeper_) {
      if (WIFSTOPPED(status)) {
        ledger_.write("stopped " + trial_);
      } else if (WIFCONTINUED(status)) {
        ledger_.write("continued " + trial_);
      } else {
        sleeper_ = 0;
        status_ = status;
        const bool exited = WIFEXITED(status);
        ledger_.write("end " + trial_ + ' ' + std::string(facts_->name) +
                      (exited ? " exit " : " signal ") +
                      std::to_string(exited ? WEXITSTATUS(status) : WTERMSIG(status)));
      }
    }
    return sleeper_ == 0;
  }

  std::vector<PartyInfo> parties() override {
    std::vector<PartyInfo> all = {{"sleeper", sleeper_, 0, true}};
    if (server_.pid() > 0) all.push_back({"server", server_.pid()});
    if (holder_ > 0) all.push_back({"holder", holder_});
    return all;
  }

  Invariant invariant() override {
    if (fate_ == Fate::WakeUpLost) {
      return {InvariantStatus::Broken,
              facts_->fuse ? "its server is gone, and the sleeper waits for an answer"
                           : "its wake-up was given to nobody, and it sleeps"};
    }
    if (lies()) return {InvariantStatus::Broken, "a lie: the wait ends by itself"};
    if (claims_ == "unknown") return {InvariantStatus::Unknown, "nothing is known"};
    return {InvariantStatus::Holds, "whoever is to end the wait lives"};
  }

  bool pull_lever() override {
    if (!lever_) return false;
    ledger_.write("lever " + trial_);
    stage_->let_go.store(1);
    kit::futex_wake(stage_->let_go);
    if (facts_->fuse && fate_ == Fate::WakeUpLost) server_.let_go();
    if (facts_->kind == Kind::Flock || facts_->fuse) return true;
    return ::kill(sleeper_, lever_signal()) == 0;
  }

 private:
  bool lies() const { return fate_ == Fate::EndsByItself && claims_ == "broken"; }

  /// "" if the kinds that need a FUSE mount can be had, or are not wanted.
  std::string prepare_fuse() const {
    if (kind_ != "all" && kind_.compare(0, 4, "fuse") != 0) return "";
    fuse_flush_exit::FuseServer probe;  // loads the module
    if (std::string why = probe.open(); !why.empty()) return why;
    return fuse_flush_exit::enter_workspace();
  }

  void leave_out(Context& context, const KindFacts& kind, const std::string& why) const {
    if (kind_ != "all") context.skip(std::string(kind.name) + ": " + why);
    ledger_.write("left-out " + std::string(kind.name) + ' ' + why);
  }

  /// Makes what the call of this trial is about, and who is to end it. The lock's descriptor or -1.
  int stage(Context& context) {
    const Nanos span = fate_ == Fate::EndsByItself ? span_ : kNoEnd;
    if (facts_->fuse) {
      const std::string failure = server_.start(facts_->kind, span, *stage_);
      context.guard_fuse_connection(server_.connection());
      if (!failure.empty()) context.fail(failure);
    }
    if (facts_->kind != Kind::Flock) return -1;
    lock_.reset(must(context, ::memfd_create("lock", MFD_CLOEXEC), "memfd_create"));
    const std::string path = "/proc/self/fd/" + std::to_string(lock_.get());
    UniqueFd other(must(context, ::open(path.c_str(), O_RDWR | O_CLOEXEC), "open the lock"));
    holder_ = must(context, ::fork(), "fork");
    if (holder_ == 0) hold_lock(other.get(), span);
    other.reset();
    if (!context.until([&] { return stage_->held.load() != 0; })) context.fail("nobody locks");
    return lock_.get();
  }

  [[noreturn]] void hold_lock(int fd, Nanos span) const {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::flock(fd, LOCK_EX) != 0) ::_exit(1);
    stage_->held.store(1);
    const Nanos end = now_ns() + span;
    while (stage_->let_go.load() == 0 && (span == kNoEnd || now_ns() < end)) {
      kit::futex_wait(stage_->let_go, 0, span == kNoEnd ? 0 : std::max<Nanos>(end - now_ns(), 1));
    }
    ::_exit(0);
  }

  [[noreturn]] void become_sleeper(int fd) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (facts_->fuse) {
      server_.let_go();  // our copy of its descriptor would keep the connection alive
      fd = ::open(fuse_flush_exit::kServedFile, O_RDONLY | O_CLOEXEC);
      if (fd < 0) ::_exit(static_cast<int>(Ended::Failed));
    }
    const Nanos span = fate_ == Fate::EndsByItself ? span_ : kNoEnd;
    ::_exit(static_cast<int>(sleep_in(facts_->kind, span, *stage_, fd)));
  }

  std::string clean_up(Context& context) {
    if (holder_ > 0) {
      ::kill(holder_, SIGKILL);
      context.until([&] { return ::waitpid(holder_, nullptr, WNOHANG) == holder_; });
      holder_ = 0;
    }
    lock_.reset();
    if (!server_.started()) return "";
    std::string left = server_.clean_up();
    context.guard_fuse_connection(0);
    return left;
  }

  /// A sleeper that did not end as it was to is an anomaly, however the supervisor judged it.
  TrialOutcome account(Context& context) const {
    const bool exited = WIFEXITED(status_);
    const auto ended = static_cast<Ended>(exited ? WEXITSTATUS(status_) : -1);
    if (ended == Ended::ByItself && fate_ == Fate::EndsByItself) return TrialOutcome::Clean;
    if (ended == Ended::ByLever && fate_ != Fate::EndsByItself) return TrialOutcome::Clean;
    context.note(std::string(facts_->name) + ": the sleeper " +
                 (exited ? "ended with status " + std::to_string(WEXITSTATUS(status_))
                         : "was ended by signal " + std::to_string(WTERMSIG(status_))));
    return TrialOutcome::Anomaly;
  }

  const Fate fate_;
  const std::string kind_;
  const std::string claims_;
  const Nanos shortest_;
  const Nanos longest_;
  const bool lever_;
  const Ledger ledger_;
  Stage* stage_ = nullptr;
  std::vector<const KindFacts*> kinds_;
  const KindFacts* facts_ = nullptr;
  std::string trial_;
  Nanos span_ = 0;
  LateServer server_;
  UniqueFd lock_;
  int holder_ = 0;
  int sleeper_ = 0;
  int status_ = 0;
};

Variant variant(const char* name, Expect expect, const char* summary) {
  Variant v;
  v.name = name;
  v.summary = summary;
  v.expect = expect;
  Signature signature;
  signature.role = "sleeper";
  signature.states = "SD";
  // Any sleep in a system call: nothing but the rules of judgement is between a lie and a hit.
  signature.frames = {{"do_syscall_64", "invoke_syscall"}};
  signature.wchans = {"poll_schedule_timeout",
                      "do_nanosleep",
                      "hrtimer_nanosleep",
                      "futex_wait_queue",
                      "ep_poll",
                      "do_epoll_wait",
                      "do_sigtimedwait",
                      "__x64_sys_rt_sigtimedwait"};
  v.signatures = {signature};
  v.ladder = {Rung::Wait, Rung::StopContinue, Rung::Lever, Rung::Kill};
  v.trials = 2 * kKinds.size();
  v.reference_rate = 0.5;  // each trial is as good as any
  v.widens = false;
  return v;
}

}  // namespace

}  // namespace hangrate::sleepers

namespace hangrate::kit {

Manifest reproducer_manifest() {
  using sleepers::variant;
  Manifest m;
  m.name = "sleepers";
  m.title = "healthy sleeps that end by themselves, for the tests of the supervisor";
  m.invariant = "whoever is to end a sleep lives, or the call has a deadline";
  m.lever = "interrupt the call, or have the holder or server let go";
  std::vector<std::string> kinds = {"all"};
  for (const sleepers::KindFacts& kind : sleepers::kKinds) kinds.emplace_back(kind.name);
  m.params = {{"kind", "the call that sleeps; all: each in turn", "all", kinds, 0, 0},
              {"shortest_ms", "how long a sleep lasts at least, ms", "3000", {}, 1, 60'000},
              {"span_ms", "how long it lasts at most, ms", "6000", {}, 1, 60'000},
              {"claims",
               "what `healthy` says of its invariant",
               "holds",
               {"holds", "broken", "unknown"},
               0,
               0},
              {"lever", "whether the lever does anything", "pull", {"pull", "none"}, 0, 0}};
  m.variants = {
      variant("healthy", Expect::Never, "ends by itself, at its deadline or as it is let go"),
      variant("lost-wakeup", Expect::Always, "sleeps for ever, and its wake-up is lost"),
      variant("stands-still", Expect::Never, "sleeps until the lever, and nothing is broken")};
  m.variants[2].healthy_until_ms = 3000;
  return m;
}

std::unique_ptr<Reproducer> make_reproducer(const Settings& settings) {
  return std::make_unique<sleepers::Sleepers>(settings);
}

}  // namespace hangrate::kit
