// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/matrix/row_runner.h"

#include <algorithm>
#include <cstdlib>
#include <set>

#include <fmt/format.h>

#include "harness/base/file.h"
#include "harness/base/seed.h"
#include "harness/guest/console_log.h"
#include "harness/guest/guest_plan.h"
#include "harness/judge/shortfall.h"
#include "harness/matrix/guest_identity.h"
#include "harness/model/json.h"
#include "harness/model/param_check.h"

namespace hangrate {

namespace {

constexpr Nanos kHelloLimit = 180 * kSecond;  // from the start of QEMU, under TCG on a busy machine
constexpr Nanos kSilenceLimit = 60 * kSecond;  // a guest's supervisor beats ten times a second
constexpr Nanos kStopLimit = 10 * kSecond;     // from being told to end to the end
constexpr int kMostBadBoots = 3;
constexpr int kMostDeathsOfCell = 2;

/// Test hook: the first boot of every row panics after so many ms.
std::string panic_option(int boot) {
  const char* ms = std::getenv("HANGRATE_TEST_PANIC_MS");
  return ms != nullptr && boot == 1 ? std::string(" ") + kPanicOption + ms : "";
}

}  // namespace

RowRunner::RowRunner(MatrixStore& store, const MatrixHeader& header, const MatrixKernel& kernel,
                     const MatrixRow& so_far, const MatrixOptions& options)
    : store_(store), header_(header), kernel_(kernel), options_(options) {
  for (std::size_t i = 0; i < header.plan.cells.size(); ++i) {
    Cell cell{.plan = header.plan.cells[i], .memory = SearchMemory()};
    const CellResult& result = so_far.cells[i];
    const auto search = kernel.search.find(cell.plan.name());
    if (search != kernel.search.end()) cell.search = search->second;
    cell.attempted = result.measured();
    cell.memory = result.memory();
    for (const IndexRange& range : result.recorded().ranges()) {
      cell.next_index = range.first + range.count;
    }
    cell.ended = hopeless(result.end_reason());
    cells_.push_back(std::move(cell));
  }
  for (const BootFact& boot : so_far.boots) {
    last_boot_ = std::max(last_boot_, boot.number);
    if (boot.end == BootEnd::Finished) ++good_boots_;
  }
  done_ = !more_to_do();
}

void RowRunner::use(BootableKernel boots, std::string accel) {
  boots_ = std::move(boots);
  accel_ = std::move(accel);
}

bool RowRunner::more_to_do() const {
  return std::any_of(cells_.begin(), cells_.end(), [](const Cell& cell) {
    return !cell.ended && cell.attempted < cell.plan.trials;
  });
}

/// How many trials a cell should have after the boot that comes next: its trials are spread over
/// the boots asked for.
std::uint64_t RowRunner::quota(const Cell& cell) const {
  const int spread = kernel_.boots != 0         ? kernel_.boots
                     : boots_ && boots_->native ? 1
                                                : cell.plan.boots;
  const auto boots = static_cast<std::uint64_t>(spread);
  const auto next = std::min<std::uint64_t>(static_cast<std::uint64_t>(good_boots_) + 1, boots);
  return (cell.plan.trials * next + boots - 1) / boots;
}

/// nullptr: this machine has no such program.
const CatalogEntry* RowRunner::native_of(const std::string& repro) const {
  const auto found =
      std::find_if(options_.natives.begin(), options_.natives.end(),
                   [&](const CatalogEntry& entry) { return entry.manifest.name == repro; });
  return found != options_.natives.end() ? &*found : nullptr;
}

/// What is left of the search, and behind it this boot's share of measured trials.
CellOrder RowRunner::order_for(const Cell& cell) const {
  const std::uint64_t searching = cell.search - std::min(cell.search, cell.next_index);
  CellOrder order{.repro = cell.plan.repro,
                  .variant = cell.plan.variant,
                  .trials = {cell.next_index, searching + quota(cell) - cell.attempted},
                  .search = cell.search,
                  .params = {}};
  const auto params = kernel_.params.find(cell.plan.repro);
  if (params != kernel_.params.end()) order.params = params->second;
  if (const CatalogEntry* native = native_of(order.repro)) {
    take_unheeded(native->manifest, order.variant, order.params);
  }
  return order;
}

MachineCommand RowRunner::command_for(const Cell& cell, const CellOrder& order) const {
  MachineCommand argv = {
      boots_->native ? "/proc/self/exe" : kGuestHangrate,
      "run",
      cell.plan.repro + "/" + cell.plan.variant,
      "--repro-dir",
      boots_->native ? options_.repro_dir : kReproFolder,
      "--trials",
      std::to_string(quota(cell) - cell.attempted),
      "--first-trial",
      std::to_string(order.trials.first),
      "--seed",
      std::to_string(derived_seed(header_.seed, kernel_.id + std::to_string(last_boot_))),
      "--confidence",
      fmt::format("{}", header_.confidence),
      "--quiet"};
  if (!header_.trace.empty()) argv.insert(argv.end(), {"--trace", header_.trace});
  for (const auto& [name, value] : order.params) {
    argv.insert(argv.end(), {"--param", name + "=" + value});
  }
  if (!kernel_.search.contains(cell.plan.name())) return argv;
  argv.insert(argv.end(), {"--search", std::to_string(cell.search)});
  const WarmSource before{.of = "the boots before",
                          .release = "",
                          .preempt = "",
                          .repro = cell.plan.repro,
                          .variant = cell.plan.variant,
                          .params = order.params,
                          .arms = cell.memory.arms()};
  if (!before.arms.empty()) {
    argv.insert(argv.end(), {"--warm-arms", dump_line(to_json_value(before))});
  }
  for (const std::string& warm : header_.warm) {
    const auto json = parse_json(warm);
    const bool ours = json && json->is_object() &&
                      json->value("repro", Json()) == cell.plan.repro &&
                      json->value("variant", Json()) == cell.plan.variant;
    if (ours) argv.insert(argv.end(), {"--warm-arms", warm});
  }
  return argv;
}

/// hangrate, and each reproducer of this boot with its manifest.
std::vector<GuestFile> RowRunner::guest_files() const {
  std::vector<GuestFile> files = {{kGuestHangrate, options_.guest_programs + "/hangrate"}};
  std::set<std::string> names;
  for (const auto& [cell, order] : orders_) {
    if (!names.insert(order.repro).second) continue;
    const std::string folder = std::string(kReproFolder) + "/" + order.repro;
    const std::string program = options_.guest_programs + "/" + order.repro;
    const CatalogEntry* native = native_of(order.repro);
    const std::string manifest = native != nullptr ? manifest_beside(native->executable) : "";
    if (!is_file(manifest)) {
      files.push_back({folder, program});
      continue;
    }
    files.push_back({folder + "/" + order.repro, program});
    files.push_back({folder + "/repro.json", manifest});
  }
  return files;
}

Result<void> RowRunner::start(Nanos now) {
  ++last_boot_;
  std::vector<MachineCommand> commands;
  orders_.clear();
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    const Cell& cell = cells_[i];
    const std::uint64_t wanted = quota(cell);
    if (cell.ended || cell.attempted >= wanted) continue;
    orders_.emplace_back(i, order_for(cell));
    commands.push_back(command_for(cell, orders_.back().second));
  }
  if (commands.empty()) {  // this boot's share was made by others before
    ++good_boots_;
    --last_boot_;
    done_ = !more_to_do();
    return {};
  }
  auto folder = store_.boot_folder(kernel_.id, last_boot_);
  if (!folder) return fail(folder.error());
  folder_ = std::move(*folder);
  console_ = folder_ + "/console.log";
  auto console = ConsoleFile::make(console_);
  if (!console) return fail(console.error());
  console_file_.emplace(std::move(*console));
  HR_TRY(store_.add(BootRecord{.id = kernel_.id, .number = last_boot_}));
  started_ = alive_ = now;
  load_ = LoadMeter();
  hello_ = 0;
  beat_ = 0;
  bye_ = false;
  silent_ = 0;
  records_ = 0;
  distrust_.clear();
  command_.reset();
  next_command_ = 0;
  budget_ = budget();
  lines_ = init_bytes_ = journals_ = 0;
  auto machine = boots_->native
                     ? start_native(std::move(commands), console_file_->fd())
                     : start_guest({.image = boots_->image,
                                    .modules = boots_->modules,
                                    .init = options_.guest_programs + "/hangrate-init",
                                    .files = guest_files(),
                                    .commands = std::move(commands),
                                    .cmdline = kernel_.cmdline + panic_option(last_boot_),
                                    .accel = accel_,
                                    .cpus = kernel_.cpus,
                                    .memory_mib = kernel_.memory_mib,
                                    .console = console_file_->fd(),
                                    .folder = folder_,
                                    .most_console = budget_.console,
                                    .wall = budget_.wall});
  if (machine) {
    machine_ = std::move(*machine);
    options_.news(fmt::format("{}: boot {} starts", kernel_.id, last_boot_));
    return {};
  }
  HR_TRY(close_console());
  HR_TRY(give_up(machine.error().what()));
  return store_.add(BootRecord{
      .id = kernel_.id, .number = last_boot_, .end = BootEnd::Died, .why = machine.error().what()});
}

/// There is no use in another start.
Result<void> RowRunner::give_up(const std::string& trouble) {
  done_ = true;
  options_.news(kernel_.id + ": " + trouble);
  return store_.add(RowRecord{.id = kernel_.id,
                              .label = boots_->label,
                              .accel = accel_,
                              .build_note = boots_->build_note,
                              .reverted = boots_->reverted,
                              .identity = boots_->identity,
                              .trouble = trouble});
}

Result<void> RowRunner::step(Nanos now) {
  if (done_ || !boots_) return {};
  if (machine_ == nullptr) return start(now);
  const auto running = runs_on(now);
  if (!running) return fail(running.error());
  if (const std::uint64_t beat = machine_->beat(); beat != beat_) {
    beat_ = beat;
    alive_ = now;
  }
  HR_TRY(check_budget(now));  // before its end is looked at: a limit may have been what ended it
  if (!*running) return finish(why_ended(), now);
  const Nanos limit = hello_ == 0 ? kHelloLimit : kSilenceLimit;
  if (silent_ == 0 && now - alive_ > limit) {
    silent_ = now;
    machine_->stop();
  }
  // What does not even end is left behind: a cell must not wait for ever.
  if (silent_ != 0 && now - silent_ > kStopLimit) return finish(why_ended(), now);
  return {};
}

Result<bool> RowRunner::runs_on(Nanos now) {
  if (machine_ == nullptr) return false;
  const bool running = machine_->running();  // before the last lines are taken, not after
  HR_TRY(take_lines(!running, now));
  if (machine_->corrupt()) distrust("its channel is overwritten", now);
  return running;
}

/// Of what runs, one portion: others want to be looked at too. Of what ended, `all`.
Result<void> RowRunner::take_lines(bool all, Nanos now) {
  for (auto lines = machine_->take_lines(); !lines.empty(); lines = machine_->take_lines()) {
    alive_ = now;
    for (const std::string& line : lines) HR_TRY(take(line, now));
    if (!all || !distrust_.empty()) break;
  }
  return {};
}

BootBudget RowRunner::budget() const {
  std::vector<CellLoad> loads;
  for (const auto& [cell, order] : orders_) {
    CellLoad load{.trials = order.trials.count, .longest_trial = 0};
    if (const CatalogEntry* native = native_of(order.repro)) {
      for (const Variant& variant : native->manifest.variants) {
        if (variant.name == order.variant) load.longest_trial = variant.healthy_until_ms * kMilli;
      }
    }
    loads.push_back(load);
  }
  return budget_for(kernel_, loads, boots_->native ? "" : accel_);
}

Result<void> RowRunner::check_budget(Nanos now) {
  const auto said = console_file_->size();
  if (!said) return fail(said.error());
  const auto console = static_cast<std::uint64_t>(*said);
  if (console >= budget_.console) {
    distrust(fmt::format("its console floods: {} bytes", console), now);
  } else if (console + journals_ > budget_.bytes) {
    distrust(fmt::format("it sent {} bytes, more than the {} of a boot (--boot-mib)",
                         console + journals_, budget_.bytes),
             now);
  } else if (now - started_ > budget_.wall) {
    distrust(
        fmt::format("it ran longer than the {} s of a boot (--boot-limit)", budget_.wall / kSecond),
        now);
  }
  return {};
}

bool RowRunner::within_budget(const std::string& line, bool init, Nanos now) {
  const std::uint64_t bytes = line.size() + 1;
  if (++lines_ > budget_.lines) {
    distrust(fmt::format("it sent more than the {} lines of a boot", budget_.lines), now);
  } else if (init && (init_bytes_ += bytes) > budget_.init) {
    distrust(fmt::format("its init said more than {} bytes", budget_.init), now);
  } else if (!init && command_ && bytes > command_->room) {
    distrust("it sent more bytes of one reproducer than its trials can need", now);
  } else if (!init && journals_ + bytes > budget_.bytes) {
    distrust(fmt::format("it sent more than the {} bytes of a boot (--boot-mib)", budget_.bytes),
             now);
  }
  return distrust_.empty();
}

void RowRunner::stop() {
  if (machine_ != nullptr) machine_->stop();
}

BootEnd RowRunner::why_ended() const {
  if (!distrust_.empty()) return BootEnd::Corrupt;
  if (bye_) return BootEnd::Finished;
  if (silent_ != 0) return hello_ == 0 ? BootEnd::NoHello : BootEnd::Silent;
  const auto findings = findings_in_file(console_);
  if (!findings) return BootEnd::Died;
  for (const ConsoleFinding& finding : *findings) {
    if (finding.kind == "panic") return BootEnd::Panic;
  }
  return BootEnd::Died;
}

Result<void> RowRunner::interrupt(Nanos now) {
  if (machine_ == nullptr) return {};
  if (const auto taken = runs_on(now); !taken) return fail(taken.error());
  return finish(BootEnd::Interrupted, now);
}

Result<void> RowRunner::finish(BootEnd end, Nanos now) {
  const bool lost = end != BootEnd::Finished && end != BootEnd::Interrupted;
  std::string why;
  if (end != BootEnd::Finished) {
    why = distrust_.empty() ? machine_->end_text() : distrust_ + "; " + machine_->end_text();
    options_.news(fmt::format("{}: boot {}: {} ({})", kernel_.id, last_boot_, end_name(end), why));
  }
  if (lost && command_) {
    ++cells_[command_->cell].deaths;
    HR_TRY(lose_trials(Outcome::LostMachine, Rule::LostMachine,
                       fmt::format("the machine was lost: {}; {}", end_name(end), why)));
  }
  machine_.reset();
  HR_TRY(close_command());
  HR_TRY(close_console());
  HR_TRY(store_.add(BootRecord{.id = kernel_.id,
                               .number = last_boot_,
                               .end = end,
                               .why = why,
                               .boot_time = hello_ == 0 ? 0 : hello_ - started_,
                               .total_time = now - started_,
                               .load = load_.read()}));
  if (!foreign_.empty()) return give_up(foreign_);
  // A start that brings nothing is as bad as none: the same would come again, for ever.
  const bool barren = end == BootEnd::Finished && records_ == 0;
  bad_boots_ = lost || barren ? bad_boots_ + 1 : 0;
  if (end == BootEnd::Finished) ++good_boots_;
  done_ = end == BootEnd::Interrupted || !more_to_do();
  if (!done_ && bad_boots_ >= kMostBadBoots) {
    HR_TRY(note("too many starts in a row that died or brought nothing; the row ends here"));
    done_ = true;
  }
  return {};
}

/// Its journal gets no more lines.
Result<void> RowRunner::close_command() {
  if (command_ && command_->journal) {
    auto sealed = command_->journal->finish();
    if (!sealed) return fail(sealed.error());
    store_.keep(std::move(*sealed));
  }
  command_.reset();
  return {};
}

Result<void> RowRunner::close_console() {
  auto sealed = console_file_->finish();
  if (!sealed) return fail(sealed.error());
  store_.keep(std::move(*sealed));
  console_file_.reset();
  return {};
}

Result<void> RowRunner::note(const std::string& text) {
  options_.news(kernel_.id + ": " + text);
  return store_.add(RowNote{.id = kernel_.id, .text = text});
}

void RowRunner::distrust(const std::string& why, Nanos now) {
  if (!distrust_.empty()) return;
  distrust_ = why;
  silent_ = now;
  machine_->stop();
}

/// Books what the command that runs was at and nobody will ever know.
Result<void> RowRunner::lose_trials(Outcome outcome, Rule rule, const std::string& why) {
  Cell& cell = cells_[command_->cell];
  if (cell.deaths >= kMostDeathsOfCell) cell.ended = true;
  if (!command_->journal) return {};
  for (const std::uint64_t trial : command_->intake.in_flight()) {
    const TrialRecord record =
        unwatched_trial(0, cell.plan.repro, cell.plan.variant, trial, outcome, rule, why);
    if (trial >= cell.search) ++cell.attempted;
    cell.next_index = std::max(cell.next_index, trial + 1);
    HR_TRY(command_->journal->append(dump_line(to_json_value(Record(record)))));
  }
  return {};
}

Result<void> RowRunner::take(const std::string& line, Nanos now) {
  if (!distrust_.empty()) return {};
  const auto json = parse_json(line);
  if (!json || !json->is_object() || !json->contains("type") || !(*json)["type"].is_string()) {
    distrust("a line came out of it that is none", now);
    return {};
  }
  const auto type = (*json)["type"].get<std::string>();
  const bool init =
      type == kHelloLine || type == kBeginLine || type == kEndLine || type == kByeLine;
  if (!within_budget(line, init, now)) return {};
  if (init) {
    return take_init_line(type, *json, now);
  }
  return take_journal_line(line, *json, now);
}

/// Before anything is run: which kernel is it?
Result<void> RowRunner::take_hello(const Json& json, Nanos now) {
  if (hello_ != 0) {
    distrust("it said twice which kernel it is", now);
    return {};
  }
  hello_ = now;
  if (json.contains("failed") && !json["failed"].empty()) {
    HR_TRY(note("modules that did not load: " + dump_line(json["failed"])));
  }
  if (boots_->native) return {};
  foreign_ = identity_mismatch(*boots_, json);
  if (!foreign_.empty()) {
    distrust(foreign_, now);
    return {};
  }
  const std::string gap = identity_gap(*boots_, json);
  return gap.empty() ? Result<void>() : note(gap);
}

Result<void> RowRunner::take_init_line(const std::string& type, const Json& json, Nanos now) {
  if (type == kHelloLine) return take_hello(json, now);
  if (type == kBeginLine) {
    const Json command = json.value("command", Json());
    // Each once, and in order: a second beginning would make a second journal of one cell.
    const std::size_t number =
        command.is_number_unsigned() ? command.get<std::size_t>() : orders_.size();
    if (number < next_command_ || number >= orders_.size() || command_ || hello_ == 0) {
      distrust("it began a command that is not its turn", now);
      return {};
    }
    next_command_ = number + 1;
    const auto& [cell, order] = orders_[number];
    command_.emplace(cell, CellIntake(order), budget_.cells[number]);
  } else if (type == kEndLine && command_) {
    HR_TRY(take_end(json));
    HR_TRY(close_command());
  } else if (type == kByeLine) {
    bye_ = true;
  }
  return {};
}

/// A command that ended without saying so died: the same may happen each time.
Result<void> RowRunner::take_end(const Json& json) {
  if (command_->intake.ended()) return {};
  const Json code = json.value("code", Json());
  const Json output = json.value("output", Json());
  Cell& cell = cells_[command_->cell];
  const std::string why = fmt::format(
      "{} ended with status {} {}{}", cell.plan.repro, dump_line(code),
      command_->intake.started() ? "in the middle" : "before its first trial",
      output.is_string() && !output.empty() && output != "" ? ": " + output.get<std::string>()
                                                            : "");
  HR_TRY(note(why));
  if (!command_->intake.started()) cell.ended = true;
  ++cell.deaths;
  return lose_trials(Outcome::Infra, Rule::WorkerDied, why);
}

/// A line of a reproducer's journal: checked, kept as it came, and counted.
Result<void> RowRunner::take_journal_line(const std::string& line, const Json& json, Nanos now) {
  if (!command_) {
    distrust("a record came without a command", now);
    return {};
  }
  const std::uint64_t before = command_->intake.measured();
  if (const auto sound = command_->intake.take(json); !sound) {
    distrust(sound.error().what(), now);
    return {};
  }
  command_->room -= line.size() + 1;
  journals_ += line.size() + 1;
  Cell& cell = cells_[command_->cell];
  if (!command_->journal) {
    auto file =
        LineFile::create(folder_ + "/" + cell_file(cell.plan.repro, cell.plan.variant), line);
    if (!file) return fail(file.error());
    command_->journal.emplace(std::move(*file));
    return {};
  }
  HR_TRY(command_->journal->append(line));
  ++records_;
  cell.attempted += command_->intake.measured() - before;
  remember(cell, json);
  for (const IndexRange& range : command_->intake.recorded().ranges()) {
    cell.next_index = std::max(cell.next_index, range.first + range.count);
  }
  cell.ended = cell.ended || hopeless(command_->intake.end_reason());
  return {};
}

/// What the next boot of a cell that searches begins with.
void RowRunner::remember(Cell& cell, const Json& json) const {
  if (cell.search == 0) return;
  const auto record = record_from_json(json);
  if (record && *record) cell.memory.apply(**record);
}

std::string RowRunner::status() const {
  if (machine_ == nullptr) return kernel_.id;
  if (hello_ == 0) return kernel_.id + ": boots";
  if (!command_) return kernel_.id;
  const Cell& cell = cells_[command_->cell];
  return fmt::format("{}: {}/{} {}/{}", kernel_.id, cell.plan.repro, cell.plan.variant,
                     cell.attempted, cell.plan.trials);
}

}  // namespace hangrate
