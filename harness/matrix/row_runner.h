// SPDX-License-Identifier: GPL-2.0-or-later
//
// RowRunner: one kernel of a matrix: starts its machine, takes its lines into the store, notices
// when it died and starts it again where it left off. RowPlan says what is asked of a boot,
// BootMachine what a machine's words mean; this does it. Never waits. Private to matrix/.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/guest/machine.h"
#include "harness/matrix/boot_machine.h"
#include "harness/matrix/console_file.h"
#include "harness/matrix/matrix_runner.h"
#include "harness/matrix/row_plan.h"
#include "harness/sys/host_load.h"

namespace hangrate {

class RowRunner {
 public:
  RowRunner(MatrixStore& store, const MatrixHeader& header, const MatrixKernel& kernel,
            const Row& so_far, const MatrixOptions& options);

  /// The kernel is there: from now on step() has something to do.
  Result<void> use(BootableKernel kernel);
  /// It cannot be had.
  Result<void> do_without(const std::string& trouble);
  bool needs_kernel() const { return !plan_.done() && !kernel_; }
  bool done() const { return plan_.done(); }
  bool native() const { return kernel_ && kernel_->native; }

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
  const MatrixKernel& planned() const { return planned_; }

 private:
  /// One reproducer at work in the machine.
  struct Command {
    std::size_t cell;
    CellIntake intake;
    std::optional<LineFile> journal;  ///< of that cell in this boot
  };

  Result<void> start(Nanos now);
  Result<std::unique_ptr<Machine>> start_machine();
  std::vector<BootOrder> orders();
  BootBudget budget() const;
  std::vector<MachineCommand> commands() const;
  std::vector<GuestFile> guest_files() const;
  const CatalogEntry* program_of(const std::string& repro) const;

  Result<void> next(const BootEvent& event, Nanos now);
  Result<void> take_lines(bool all, Nanos now);
  Result<void> act(const TakeHello& hello, Nanos now);
  Result<void> act(const BeginCommand& begin, Nanos now);
  Result<void> act(const TakeRecord& record, Nanos now);
  Result<void> act(const EndCommand& end, Nanos now);
  Result<void> act(const StopMachine& stop, Nanos now);
  Result<void> act(const BootOver& over, Nanos now);

  Result<void> keep(const std::string& line);
  Result<void> finish(BootEnd end, Nanos now);
  Result<void> add_row(const std::string& trouble);
  Result<void> give_up(const std::string& trouble);
  Result<void> lose_trials(Outcome outcome, Rule rule, const std::string& why);
  Result<void> note(const std::string& text);
  Result<void> close_command();
  Result<void> close_console();
  BootEnd seen_on_console(BootEnd end) const;
  void tell(const std::string& what) const { options_.news(planned_.id + ": " + what); }
  void tell_cell(const Command& command) const;

  MatrixStore& store_;
  const MatrixHeader& header_;
  const MatrixKernel& planned_;
  const MatrixOptions& options_;
  RowPlan plan_;
  const Row& before_;  ///< what it has from earlier runs
  std::optional<BootableKernel> kernel_;

  int last_boot_ = 0;  ///< number of the last start, ever
  std::unique_ptr<Machine> machine_;
  std::optional<BootMachine> boot_;
  std::string folder_;  ///< of this boot
  std::optional<ConsoleFile> console_;
  LoadMeter load_;             ///< since this boot began
  std::uint64_t records_ = 0;  ///< kept in this boot
  std::string foreign_;        ///< why the kernel that runs is not the one that was asked for
  std::vector<BootOrder> orders_;
  std::optional<Command> command_;  ///< that runs
};

}  // namespace hangrate
