// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a reproducer implements and what it may use. One worker process makes one Reproducer, calls
// setup() once and trial() again and again. A trial is one shot: fresh objects, one provocation.
//
// The worker itself must never be the victim: whatever may hang, hangs in another task (Actor or a
// forked child), so that the worker can answer the supervisor. It never sleeps to synchronise.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "harness/base/clock.h"
#include "harness/model/manifest.h"
#include "repros/kit/protocol.h"
#include "repros/kit/rng.h"

namespace hangrate::kit {

using protocol::InvariantStatus;
using protocol::TrialOutcome;

/// The invariant as the reproducer sees it now, with one sentence of facts for the report.
struct Invariant {
  InvariantStatus status = InvariantStatus::Unknown;
  std::string text;
};

/// A task the trial is about. `tid` 0 means every thread of `pid`.
struct PartyInfo {
  const char* role = "";
  int pid = 0;
  int tid = 0;
  bool victim = false;
  int poll_fd = -1;  ///< descriptor in `pid` that the supervisor may poll by itself
  short poll_events = 0;
};

/// Variant and parameters of this run, already checked against the manifest.
class Settings {
 public:
  Settings(std::string variant, std::map<std::string, std::string> params, std::uint32_t lane)
      : variant_(std::move(variant)), params_(std::move(params)), lane_(lane) {}
  const std::string& variant() const { return variant_; }
  const std::string& text(const std::string& name) const { return params_.at(name); }
  std::int64_t number(const std::string& name) const { return std::stoll(params_.at(name)); }
  std::uint32_t lane() const { return lane_; }

 private:
  std::string variant_;
  std::map<std::string, std::string> params_;
  std::uint32_t lane_;
};

class Context;

class Reproducer {
 public:
  virtual ~Reproducer() = default;

  /// Once per worker, before the first trial. May call Context::skip() or Context::fail().
  virtual void setup(Context& context) { (void)context; }
  /// One shot. Calls Context::await() where it may hang. Cleans up what it made.
  virtual TrialOutcome trial(Context& context) = 0;

  // Asked from Context::await() only. None of them may block.

  /// Is everything over that the trial waits for?
  virtual bool finished() = 0;
  /// Waits until finished() may be true, `at_most` ns. The default sleeps for a short while.
  virtual void wait(Nanos at_most);
  /// Who sleeps, who should wake them.
  virtual std::vector<PartyInfo> parties() = 0;
  /// Must hold on a healthy kernel while the victim sleeps.
  virtual Invariant invariant() = 0;
  /// The object's own lever, which frees a victim of this bug (Manifest::lever). False: there is
  /// none, or the parameters ask for none; a report then says that it was not tried.
  virtual bool pull_lever() { return false; }
};

/// The worker's side of the protocol, handed to setup() and trial().
class Context {
 public:
  Context(protocol::Slot& slot, protocol::SearchTable& table, int bell_fd, bool supervised)
      : slot_(slot), table_(table), bell_fd_(bell_fd), supervised_(supervised) {}

  std::uint64_t trial() const { return trial_; }
  Rng& rng() { return rng_; }

  /// Names what the trial is doing, for the report of a trial that gets stuck. Static text only.
  void phase(const char* name);

  /// Waits until `reproducer.finished()`. If that takes longer than the patience of this run, tells
  /// the supervisor who is waiting for what, and answers its questions until the wait is over.
  /// Returns only when finished; a trial that never finishes ends with its worker.
  void await(Reproducer& reproducer);

  /// Polls `condition` (spins, then yields, then naps) for up to `seconds` (s). False: it never
  /// came.
  template <typename Condition>
  bool until(Condition condition, double seconds = 5.0);

  /// One sentence about a trial that ends in something else than Clean.
  void note(const std::string& text);
  /// A value measured by this trial; `name` is the row, e.g. "write 137 B", `unit` e.g. "B".
  void measure(const std::string& name, const std::string& value, const std::string& unit);

  /// This reproducer cannot run here; `reason` names what is missing. Ends the worker.
  [[noreturn]] void skip(const std::string& reason);
  /// The machine failed us. Ends the worker.
  [[noreturn]] void fail(const std::string& reason);

  /// Registers the FUSE connection to abort if this worker dies; 0 when it is gone.
  void guard_fuse_connection(int minor_number);

  // For kit/race: how trials are aimed. A reproducer uses Race.

  std::uint64_t seed() const { return slot_.seed; }
  protocol::SearchTable& search_table() { return table_; }
  /// Trials below this index search, 0 if none was asked to.
  std::uint64_t search_trials() const { return slot_.search_trials; }
  /// What every trial must repeat, or nullptr.
  const protocol::Shot* replayed_shot() const {
    return slot_.replay != 0 ? &slot_.replay_shot : nullptr;
  }
  /// Publishes how this trial is aimed. `arm`, if any, is credited if the trial hits.
  void aimed(const protocol::Shot& shot, protocol::Arm* arm);

 private:
  friend int run_worker(const class WorkerOptions& options);

  void begin_trial(std::uint64_t index);
  void answer_commands(Reproducer& reproducer);
  void ring();
  std::uint32_t wait_for(protocol::Verb wanted);
  void nap(int round);

  protocol::Slot& slot_;
  protocol::SearchTable& table_;
  protocol::Arm* arm_ = nullptr;  // of the trial in flight, until its hit is counted
  int bell_fd_;
  bool supervised_;
  std::uint64_t trial_ = 0;
  Rng rng_;
};

template <typename Condition>
bool Context::until(Condition condition, double seconds) {
  const Nanos deadline = now_ns() + static_cast<Nanos>(seconds * static_cast<double>(kSecond));
  for (int round = 0; !condition(); ++round) {
    if ((round & 63) == 63 && now_ns() > deadline) return condition();
    nap(round);
  }
  return true;
}

/// Each reproducer defines these two; kit/main.cpp calls them.
Manifest reproducer_manifest();
std::unique_ptr<Reproducer> make_reproducer(const Settings& settings);

}  // namespace hangrate::kit
