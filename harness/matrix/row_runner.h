// SPDX-License-Identifier: GPL-2.0-or-later
//
// RowRunner: one kernel of a matrix: starts its machine, takes its lines into the store, notices
// when it died and starts it again where it left off. Never waits. Private to matrix/.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/guest/machine.h"
#include "harness/matrix/boot_budget.h"
#include "harness/matrix/cell_intake.h"
#include "harness/matrix/console_file.h"
#include "harness/matrix/matrix_runner.h"
#include "harness/model/json.h"
#include "harness/stats/search_memory.h"
#include "harness/sys/host_load.h"

namespace hangrate {

class RowRunner {
 public:
  RowRunner(MatrixStore& store, const MatrixHeader& header, const MatrixKernel& kernel,
            const MatrixRow& so_far, const MatrixOptions& options);

  /// The kernel is there: from now on step() has something to do.
  void use(BootableKernel boots, std::string accel);
  bool needs_kernel() const { return !done_ && !boots_; }
  bool done() const { return done_; }

  /// One look at the machine: takes lines, starts, ends. An Error is one of the store.
  Result<void> step(Nanos now);
  /// Asks the machine to end, if there is one.
  void stop();
  /// Takes what its machine said. False once that has ended, or there is none.
  Result<bool> runs_on(Nanos now);
  /// Takes what the machine still said, ends it and records that.
  Result<void> interrupt(Nanos now);
  /// No machine of this row runs at the moment.
  bool idle() const { return machine_ == nullptr; }

  /// "bookworm: fuse_flush_exit 400/1000": what a live display shows.
  std::string status() const;
  const std::string& id() const { return kernel_.id; }

 private:
  struct Cell {
    MatrixCell plan;
    std::uint64_t search = 0;      ///< trials below this index are of the search
    std::uint64_t attempted = 0;   ///< measured ones
    SearchMemory memory;           ///< for the next boot
    std::uint64_t next_index = 0;  ///< beyond every index recorded so far
    int deaths = 0;                ///< of machines, with a trial of this cell in flight
    bool ended = false;            ///< skipped, failed, or it took too many machines with it
  };

  /// One reproducer at work in the machine.
  struct Command {
    std::size_t cell;
    CellIntake intake;
    std::optional<LineFile> journal;  ///< of that cell in this boot
    std::uint64_t room = 0;           ///< bytes its journal may still take
    Command(std::size_t of, CellIntake lines, std::uint64_t bytes)
        : cell(of), intake(std::move(lines)), room(bytes) {}
  };

  Result<void> start(Nanos now);
  Result<void> finish(BootEnd end, Nanos now);
  Result<void> take(const std::string& line, Nanos now);
  Result<void> take_init_line(const std::string& type, const Json& json, Nanos now);
  Result<void> take_hello(const Json& json, Nanos now);
  Result<void> take_journal_line(const std::string& line, const Json& json, Nanos now);
  Result<void> take_end(const Json& json);
  Result<void> give_up(const std::string& trouble);
  Result<void> lose_trials(Outcome outcome, Rule rule, const std::string& why);
  Result<void> note(const std::string& text);
  Result<void> close_command();
  Result<void> close_console();
  Result<void> take_lines(bool all, Nanos now);
  /// Counts a line against the budget. False: it is beyond it.
  bool within_budget(const std::string& line, bool init, Nanos now);
  Result<void> check_budget(Nanos now);
  BootBudget budget() const;
  void distrust(const std::string& why, Nanos now);
  const CatalogEntry* native_of(const std::string& repro) const;
  CellOrder order_for(const Cell& cell) const;
  std::vector<GuestFile> guest_files() const;
  MachineCommand command_for(const Cell& cell, const CellOrder& order) const;
  void remember(Cell& cell, const Json& json) const;
  std::uint64_t quota(const Cell& cell) const;
  bool more_to_do() const;
  BootEnd why_ended() const;

  MatrixStore& store_;
  const MatrixHeader& header_;
  const MatrixKernel& kernel_;
  const MatrixOptions& options_;
  std::vector<Cell> cells_;
  std::optional<BootableKernel> boots_;
  std::string accel_;
  bool done_ = false;

  int last_boot_ = 0;   ///< number of the last start, ever
  int good_boots_ = 0;  ///< starts that ended as they should
  int bad_boots_ = 0;   ///< starts that did not, in a row with the stretch before
  std::unique_ptr<Machine> machine_;
  std::string folder_;  ///< of this boot
  std::string console_;
  std::optional<ConsoleFile> console_file_;
  Nanos started_ = 0;
  LoadMeter load_;   ///< since this boot began
  Nanos hello_ = 0;  ///< when init first spoke, 0: not yet
  Nanos alive_ = 0;  ///< when it last showed life
  std::uint64_t beat_ = 0;
  bool bye_ = false;
  Nanos silent_ = 0;              ///< when it was ended because it showed no life, 0: it was not
  std::uint64_t records_ = 0;     ///< kept in this boot
  std::size_t next_command_ = 0;  ///< those before it have begun in this boot
  BootBudget budget_;
  std::uint64_t lines_ = 0;       ///< taken in this boot
  std::uint64_t init_bytes_ = 0;  ///< of them, in lines of init
  std::uint64_t journals_ = 0;    ///< bytes kept
  std::string distrust_;          ///< why no line is believed any more
  std::string foreign_;           ///< why the kernel that runs is not the one that was asked for
  std::vector<std::pair<std::size_t, CellOrder>> orders_;  ///< of this boot: cell, and what of it
  std::optional<Command> command_;                         ///< that runs
};

}  // namespace hangrate
