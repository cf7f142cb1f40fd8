// SPDX-License-Identifier: GPL-2.0-or-later
//
// BootMachine: one boot of a machine as a state machine without effects. It is told what the
// machine says and shows, and answers what is to be done: keep a record, end the machine, book its
// end. The machine is what is under test, so every line and every byte has a limit, and from the
// first lie on nothing it says is believed.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "harness/matrix/boot_budget.h"
#include "harness/model/ends.h"
#include "harness/model/json.h"

namespace hangrate {

inline constexpr Nanos kHelloLimit = 180 * kSecond;   ///< from the start of QEMU, under TCG
inline constexpr Nanos kSilenceLimit = 60 * kSecond;  ///< a supervisor beats ten times a second
inline constexpr Nanos kStopLimit = 10 * kSecond;     ///< from being told to end to the end

/// It said a line.
struct LineSaid {
  std::string text;
};
/// One look at it, after its lines were taken.
struct MachineSeen {
  bool running = true;
  std::uint64_t beat = 0;     ///< rises while it is alive
  std::uint64_t console = 0;  ///< bytes
};
/// What it said or shows cannot be.
struct LieFound {
  std::string why;
};
using BootEvent = std::variant<LineSaid, MachineSeen, LieFound>;

struct TakeHello {
  Json line;
};
/// A command of this boot begins.
struct BeginCommand {
  std::size_t number = 0;
};
/// A line of the journal of the command that runs.
struct TakeRecord {
  Json line;
  std::string text;  ///< as it came
};
struct EndCommand {
  Json line;
};
/// The machine is to be ended.
struct StopMachine {};
/// Nothing more comes of this boot.
struct BootOver {
  BootEnd end = BootEnd::Died;
};
using BootAction =
    std::variant<TakeHello, BeginCommand, TakeRecord, EndCommand, StopMachine, BootOver>;

class BootMachine {
 public:
  BootMachine(BootBudget budget, Nanos now)
      : budget_(std::move(budget)), started_(now), alive_(now) {}

  std::vector<BootAction> next(const BootEvent& event, Nanos now);

  /// From its start to its first word, 0: there was none.
  Nanos boot_time() const { return hello_ == 0 ? 0 : hello_ - started_; }
  Nanos total_time(Nanos now) const { return now - started_; }
  bool booted() const { return hello_ != 0; }
  /// Why nothing it says is believed any more, "" if it is.
  const std::string& distrust() const { return distrust_; }
  const BootBudget& budget() const { return budget_; }

 private:
  struct Booting {};  ///< init has not spoken yet
  struct Up {};
  struct Stopping {  ///< it was told to end; what it still says counts, unless it lied
    Nanos since;
  };
  struct Over {};

  using Actions = std::vector<BootAction>;
  Actions on(const LineSaid& line, Nanos now);
  Actions on(const MachineSeen& seen, Nanos now);
  Actions on(const LieFound& lie, Nanos now);
  Actions take(Json json, const std::string& text, Nanos now);
  Actions hello(Json line, Nanos now);
  Actions begin(const Json& line, Nanos now);
  Actions record(Json line, const std::string& text, Nanos now);
  Actions end(Json line);
  Actions over();
  /// "" if the line is within what a boot may say.
  std::string beyond_budget(std::uint64_t bytes, bool init);
  std::string beyond_limits(const MachineSeen& seen, Nanos now) const;

  BootBudget budget_;
  std::variant<Booting, Up, Stopping, Over> state_ = Booting{};
  std::optional<std::uint64_t>
      room_;  ///< bytes the journal of the command that runs may still take
  Nanos started_;
  Nanos alive_;      ///< when it last showed life
  Nanos hello_ = 0;  ///< when init first spoke, 0: not yet
  std::uint64_t beat_ = 0;
  bool bye_ = false;
  std::size_t next_command_ = 0;  ///< those before it have begun
  std::uint64_t lines_ = 0;
  std::uint64_t init_bytes_ = 0;
  std::uint64_t journals_ = 0;  ///< bytes of them
  std::string distrust_;
};

}  // namespace hangrate
