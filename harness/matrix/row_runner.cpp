// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/matrix/row_runner.h"

#include <algorithm>
#include <cstdlib>
#include <set>

#include <fmt/format.h>

#include "harness/base/seed.h"
#include "harness/console/console_log.h"
#include "harness/guest/guest_plan.h"
#include "harness/matrix/boot_command.h"
#include "harness/matrix/guest_identity.h"
#include "harness/matrix/qemu_words.h"
#include "harness/model/param_check.h"
#include "harness/run/command_manifest.h"
#include "harness/store/journal.h"

namespace hangrate {

namespace {

/// Test hook: the first boot of every row panics after so many ms.
std::string panic_option(int boot) {
  const char* ms = std::getenv("HANGRATE_TEST_PANIC_MS");
  return ms != nullptr && boot == 1 ? std::string(" ") + kPanicOption + ms : "";
}

/// Why a row cannot go on with this kernel: trials of two kernels are no rate of either.
std::string difference(const Row& before, const BootableKernel& kernel) {
  if (before.boots.empty()) return "";
  if (!before.identity.empty() && before.identity != kernel.identity) {
    return "not gone on with: its kernel is another one now, " + kernel.label;
  }
  if (!before.accel.empty() && before.accel != kernel.accel) {
    return "not gone on with: its guests ran under " + before.accel + " before";
  }
  return "";
}

bool is_command(const CatalogEntry* known) {
  return known != nullptr && !known->manifest.exec.empty();
}

}  // namespace

RowRunner::RowRunner(MatrixStore& store, const MatrixHeader& header, const MatrixKernel& kernel,
                     const Row& so_far, const MatrixOptions& options)
    : store_(store),
      header_(header),
      planned_(kernel),
      options_(options),
      plan_(kernel, header.plan.cells, so_far),
      before_(so_far) {
  for (const Boot& boot : so_far.boots) last_boot_ = std::max(last_boot_, boot.number);
}

Result<void> RowRunner::use(BootableKernel kernel) {
  if (const std::string other = difference(before_, kernel); !other.empty()) {
    plan_.end();
    tell(other);
    return store_.add(RowNote{.id = planned_.id, .text = other, .flaw = true});
  }
  if (!planned_.cmdline.empty()) kernel.label += ", " + planned_.cmdline;
  for (const std::string& device : qemu_devices(planned_.qemu)) kernel.label += ", " + device;
  kernel_ = std::move(kernel);
  tell(fmt::format("its kernel is there: {}, {}", kernel_->label, kernel_->accel));
  return add_row("");
}

Result<void> RowRunner::do_without(const std::string& trouble) {
  plan_.end();
  tell(trouble);
  return store_.add(RowRecord{.id = planned_.id, .label = planned_.spec, .trouble = trouble});
}

/// nullptr: this machine has no such program.
const CatalogEntry* RowRunner::program_of(const std::string& repro) const {
  const auto found =
      std::find_if(options_.natives.begin(), options_.natives.end(),
                   [&](const CatalogEntry& entry) { return entry.manifest.name == repro; });
  return found != options_.natives.end() ? &*found : nullptr;
}

std::vector<BootOrder> RowRunner::orders() {
  std::vector<BootOrder> orders = plan_.next_boot(kernel_->native);
  for (BootOrder& boot : orders) {
    const CatalogEntry* known = program_of(boot.order.repro);
    if (known != nullptr) take_unheeded(known->manifest, boot.order.variant, boot.order.params);
  }
  return orders;
}

std::vector<MachineCommand> RowRunner::commands() const {
  const std::uint64_t seed = derived_seed(header_.seed, planned_.id + std::to_string(last_boot_));
  std::vector<MachineCommand> commands;
  for (const BootOrder& boot : orders_) {
    const bool command = is_command(program_of(boot.order.repro));
    const Hangrate here = {"/proc/self/exe", command ? options_.command_dir : options_.repro_dir};
    const Hangrate hangrate = kernel_->native ? here : Hangrate{kGuestHangrate, kReproFolder};
    commands.push_back(boot_command(hangrate, header_, seed, plan_.cells()[boot.cell], boot));
  }
  return commands;
}

BootBudget RowRunner::budget() const {
  std::vector<CellLoad> loads;
  for (const BootOrder& boot : orders_) {
    const CatalogEntry* known = program_of(boot.order.repro);
    const std::uint64_t trials = boot.order.trials.count;
    loads.push_back(known != nullptr ? load_of(known->manifest, boot.order.variant, trials)
                                     : CellLoad{.trials = trials});
  }
  return budget_for(planned_, loads, kernel_->native ? "" : kernel_->accel);
}

/// hangrate, and each reproducer of this boot with its manifest.
std::vector<GuestFile> RowRunner::guest_files() const {
  std::vector<GuestFile> files = {{kGuestHangrate, options_.guest_system + "/hangrate"}};
  std::set<std::string> names;
  for (const BootOrder& boot : orders_) {
    const std::string& name = boot.order.repro;
    const CatalogEntry* known = program_of(name);
    if (known == nullptr || !names.insert(name).second) continue;
    const std::string folder = std::string(kReproFolder) + "/" + name;
    if (is_command(known)) {
      if (names.insert(kGuestCommandRunner).second) {
        files.push_back({kGuestCommandRunner, known->executable});
      }
      files.push_back({folder + "/repro.json", "", command_file_text(known->manifest)});
      continue;
    }
    files.push_back({folder + "/" + name, options_.guest_programs + "/" + name});
    files.push_back({folder + "/repro.json", manifest_beside(known->executable)});
  }
  return files;
}

Result<std::unique_ptr<Machine>> RowRunner::start_machine() {
  if (kernel_->native) return start_native(commands(), console_->fd());
  return start_guest({.image = kernel_->image,
                      .modules = kernel_->modules,
                      .init = options_.guest_system + "/hangrate-init",
                      .files = guest_files(),
                      .commands = commands(),
                      .payload = options_.payload,
                      .cmdline = planned_.cmdline + panic_option(last_boot_),
                      .qemu = planned_.qemu,
                      .accel = kernel_->accel,
                      .cpus = planned_.cpus,
                      .memory_mib = planned_.memory_mib,
                      .console = console_->fd(),
                      .folder = folder_,
                      .most_console = boot_->budget().console,
                      .wall = boot_->budget().wall});
}

Result<void> RowRunner::start(Nanos now) {
  orders_ = orders();
  if (orders_.empty()) return {};
  auto folder = store_.boot_folder(planned_.id, ++last_boot_);
  if (!folder) return fail(folder.error());
  folder_ = std::move(*folder);
  auto console = ConsoleFile::make(folder_ + "/console.log");
  if (!console) return fail(console.error());
  console_.emplace(std::move(*console));
  HR_TRY(store_.add(BootRecord{.id = planned_.id, .number = last_boot_}));
  load_ = LoadMeter();
  records_ = 0;
  command_.reset();
  boot_.emplace(budget(), now);
  auto machine = start_machine();
  if (machine) {
    machine_ = std::move(*machine);
    tell(fmt::format("boot {} starts", last_boot_));
    return {};
  }
  HR_TRY(close_console());
  HR_TRY(give_up(machine.error().what()));
  return store_.add(BootRecord{.id = planned_.id,
                               .number = last_boot_,
                               .end = BootEnd::Died,
                               .why = machine.error().what()});
}

/// There is no use in another start.
Result<void> RowRunner::give_up(const std::string& trouble) {
  plan_.end();
  tell(trouble);
  return add_row(trouble);
}

Result<void> RowRunner::add_row(const std::string& trouble) {
  return store_.add(RowRecord{.id = planned_.id,
                              .label = kernel_->label,
                              .accel = kernel_->accel,
                              .build_note = kernel_->build_note,
                              .reverted = kernel_->reverted,
                              .identity = kernel_->identity,
                              .trouble = trouble});
}

Result<void> RowRunner::step(Nanos now) {
  if (done() || !kernel_) return {};
  if (machine_ == nullptr) return start(now);
  const auto running = runs_on(now);
  if (!running) return fail(running.error());
  const auto console = console_->size();
  if (!console) return fail(console.error());
  return next(MachineSeen{.running = *running,
                          .beat = machine_->beat(),
                          .console = static_cast<std::uint64_t>(*console)},
              now);
}

Result<bool> RowRunner::runs_on(Nanos now) {
  if (machine_ == nullptr) return false;
  const bool running = machine_->running();  // before the last lines are taken, not after
  HR_TRY(take_lines(!running, now));
  if (machine_->corrupt()) HR_TRY(next(LieFound{"its channel is overwritten"}, now));
  return running;
}

/// Of what runs, one portion: others want to be looked at too. Of what ended, `all`.
Result<void> RowRunner::take_lines(bool all, Nanos now) {
  for (auto lines = machine_->take_lines(); !lines.empty(); lines = machine_->take_lines()) {
    for (std::string& line : lines) HR_TRY(next(LineSaid{std::move(line)}, now));
    if (!all || !boot_->distrust().empty()) break;
  }
  return {};
}

Result<void> RowRunner::next(const BootEvent& event, Nanos now) {
  for (const BootAction& action : boot_->next(event, now)) {
    HR_TRY(std::visit([&](const auto& what) { return act(what, now); }, action));
  }
  return {};
}

Result<void> RowRunner::act(const StopMachine&, Nanos) {
  machine_->stop();
  return {};
}

Result<void> RowRunner::act(const BootOver& over, Nanos now) {
  return finish(seen_on_console(over.end), now);
}

void RowRunner::stop() {
  if (machine_ != nullptr) machine_->stop();
}

BootEnd RowRunner::seen_on_console(BootEnd end) const {
  if (end != BootEnd::Died) return end;
  const auto findings = findings_in_file(folder_ + "/console.log");
  const bool panic = findings && std::any_of(findings->begin(), findings->end(),
                                             [](const auto& f) { return f.kind == "panic"; });
  return panic ? BootEnd::Panic : BootEnd::Died;
}

Result<void> RowRunner::interrupt(Nanos now) {
  if (machine_ == nullptr) return {};
  if (const auto taken = runs_on(now); !taken) return fail(taken.error());
  return finish(BootEnd::Interrupted, now);
}

Result<void> RowRunner::finish(BootEnd end, Nanos now) {
  std::string why;
  if (end != BootEnd::Finished) {
    const std::string& lie = boot_->distrust();
    why = lie.empty() ? machine_->end_text() : lie + "; " + machine_->end_text();
    tell(fmt::format("boot {}: {} ({})", last_boot_, end_name(end), why));
  }
  if (command_ && end != BootEnd::Finished && end != BootEnd::Interrupted) {
    HR_TRY(lose_trials(Outcome::LostMachine, Rule::LostMachine,
                       fmt::format("the machine was lost: {}; {}", end_name(end), why)));
  }
  machine_.reset();
  HR_TRY(close_command());
  HR_TRY(close_console());
  HR_TRY(store_.add(BootRecord{.id = planned_.id,
                               .number = last_boot_,
                               .end = end,
                               .why = why,
                               .boot_time = boot_->boot_time(),
                               .total_time = boot_->total_time(now),
                               .load = load_.read()}));
  if (!foreign_.empty()) return give_up(foreign_);
  plan_.boot_ended(end, records_);
  if (!plan_.gave_up()) return {};
  return note("too many starts in a row that died or brought nothing; the row ends here");
}

/// Its journal gets no more lines.
Result<void> RowRunner::close_command() {
  if (command_ && command_->journal) HR_TRY(store_.keep(command_->journal->finish()));
  command_.reset();
  return {};
}

Result<void> RowRunner::close_console() {
  HR_TRY(store_.keep(console_->finish()));
  console_.reset();
  return {};
}

Result<void> RowRunner::note(const std::string& text) {
  tell(text);
  return store_.add(RowNote{.id = planned_.id, .text = text});
}

/// Books what the command that runs was at and nobody will ever know.
Result<void> RowRunner::lose_trials(Outcome outcome, Rule rule, const std::string& why) {
  plan_.lost(command_->cell);
  for (const TrialRecord& trial : command_->intake.lose(outcome, rule, why)) {
    HR_TRY(command_->journal->append(journal_line(trial)));
  }
  return {};
}

Result<void> RowRunner::act(const TakeHello& hello, Nanos now) {
  const Json& json = hello.line;
  tell(fmt::format("boot {} is up after {:.1f} s", last_boot_, to_seconds(boot_->boot_time())));
  if (json.contains("failed") && !json["failed"].empty()) {
    HR_TRY(note("modules that did not load: " + dump_line(json["failed"])));
  }
  if (kernel_->native) return {};
  foreign_ = identity_mismatch(*kernel_, json);
  if (!foreign_.empty()) return next(LieFound{foreign_}, now);
  const std::string gap = identity_gap(*kernel_, json);
  return gap.empty() ? Result<void>() : note(gap);
}

Result<void> RowRunner::act(const BeginCommand& begin, Nanos) {
  const BootOrder& boot = orders_[begin.number];
  command_.emplace(
      Command{boot.cell, CellIntake(boot.order, plan_.cells()[boot.cell].result), std::nullopt});
  return {};
}

/// A line of a reproducer's journal: checked, counted, and kept as it came.
Result<void> RowRunner::act(const TakeRecord& record, Nanos now) {
  const auto sound = command_->intake.take(record.line);
  return sound ? keep(record.text) : next(LieFound{sound.error().what()}, now);
}

Result<void> RowRunner::keep(const std::string& line) {
  if (command_->journal) {
    ++records_;
    return command_->journal->append(line);
  }
  const MatrixCell& cell = plan_.cells()[command_->cell].plan;
  auto file = LineFile::create(folder_ + "/" + cell_file(cell.repro, cell.variant), line);
  if (!file) return fail(file.error());
  command_->journal.emplace(std::move(*file));
  return {};
}

/// A command that ended without saying so died: the same may happen each time.
Result<void> RowRunner::act(const EndCommand& end, Nanos) {
  const CellIntake& intake = command_->intake;
  RowCell& cell = plan_.cells()[command_->cell];
  if (!intake.ended()) {
    const Json output = end.line.value("output", Json());
    const std::string said = output.is_string() ? output.get<std::string>() : "";
    const std::string why = fmt::format(
        "{} ended with status {} {}{}", cell.plan.repro, dump_line(end.line.value("code", Json())),
        intake.started() ? "in the middle" : "before its first trial",
        said.empty() ? "" : ": " + said);
    HR_TRY(note(why));
    cell.ended = cell.ended || !intake.started();
    HR_TRY(lose_trials(Outcome::Infra, Rule::WorkerDied, why));
  }
  tell_cell(*command_);
  return close_command();
}

/// One line when a cell has its trials, or will not get them.
void RowRunner::tell_cell(const Command& command) const {
  const RowCell& cell = plan_.cells()[command.cell];
  if (!command.intake.started() || !(cell.complete() || hopeless(cell.result.end_reason()))) return;
  RunHeader header = command.intake.header();
  header.cells[0].trials = cell.plan.trials;
  header.cells[0].first = 0;
  header.stated = planned_.expect;
  header.gate = header_.gate;
  header.environment.reverted = kernel_->reverted;
  const Summary summary = summarize(header, {cell.result});
  tell(fmt::format("{}: {}", cell_name(header.cells[0]), summary.cells[0].explanation));
}

std::string RowRunner::status() const {
  if (machine_ == nullptr) return planned_.id;
  if (!boot_->booted()) return planned_.id + ": boots";
  if (!command_) return planned_.id;
  const RowCell& cell = plan_.cells()[command_->cell];
  return fmt::format("{}: {} {}/{}", planned_.id, cell.plan.name(), cell.result.measured(),
                     cell.plan.trials);
}

}  // namespace hangrate
