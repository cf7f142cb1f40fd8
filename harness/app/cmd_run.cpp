// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "harness/app/commands.h"
#include "harness/app/drive.h"
#include "harness/app/exec_options.h"
#include "harness/app/recorded_trial.h"
#include "harness/run/command_manifest.h"

namespace hangrate {

namespace {

struct Options {
  RunOptions run;
  std::string replay;
  std::string cell;
  std::string repro_dir;
  ExecOptions exec;
};

constexpr std::uint64_t kReplays = 200;

/// A plan whose every trial repeats the shot of a recorded one.
Result<SessionPlan> make_replay_plan(const Options& options,
                                     const std::vector<CatalogEntry>& catalog,
                                     const std::vector<std::string>& argv) {
  RunOptions run = options.run;
  const bool more = !run.selectors.empty() || !run.variants.empty() || !run.params.empty() ||
                    run.seed || run.natural || run.search || !run.warm.empty() ||
                    !run.resume.empty();
  if (more) {
    return fail(Error::usage(
        "--replay takes reproducer, variant, parameters and seed from the journal: only "
        "stop rules, --workers, --trace, --cell and output options go with it"));
  }
  auto trial =
      find_recorded_trial({.where = options.replay, .cell = options.cell, .sought = Sought::Shot});
  if (!trial) return fail(trial.error().context("--replay"));
  const CellSpec& cell = trial->cell;
  const Observation& seen = trial->record.observation;
  if (!can_be_aimed(seen.shot.plan, seen.shot.delay_ns)) {
    return fail(
        Error::usage(fmt::format("--replay {}: trial {} has a shot that cannot be: plan {}, "
                                 "{} ns",
                                 options.replay, seen.trial, seen.shot.plan, seen.shot.delay_ns)));
  }
  run.selectors = {cell.repro + "/" + cell.variant};
  for (const auto& [name, value] : cell.params) run.params.push_back(name + "=" + value);
  run.seed = trial->seed;
  if (!run.workers) run.workers = cell.workers;
  if (!run.trials && !run.hits && !run.until_excluded) run.trials = kReplays;
  auto plan = make_plan(run, catalog, argv, examine_machine());
  if (!plan) return fail(plan.error().context("--replay " + options.replay));
  CellSpec& spec = plan->header.cells.front();
  spec.seed = cell.seed;
  spec.search = 0;
  spec.replay = ReplayFact{.of = split_trial(options.replay).first,
                           .release = trial->environment.release,
                           // A replay of a replay: the random numbers are those of the first.
                           .trial = cell.replay ? cell.replay->trial : seen.trial,
                           .plan = seen.shot.plan,
                           .delay_ns = seen.shot.delay_ns};
  return plan;
}

/// A command is all that runs, and is expected not to hang unless --expect says otherwise.
Result<SessionPlan> make_command_plan(const Options& options,
                                      const std::vector<std::string>& argv) {
  RunOptions run = options.run;
  if (!run.selectors.empty() || !run.variants.empty() || !run.resume.empty() ||
      !options.replay.empty()) {
    return fail(
        Error::usage("--exec runs its command alone: no reproducer, variant, --replay or "
                     "--resume goes with it (a journal knows its command)"));
  }
  std::vector<CatalogEntry> known;
  if (!options.exec.signature.empty()) {
    auto catalog = load_catalog(catalog_folder(options.repro_dir), nullptr);
    if (!catalog) return fail(catalog.error().context("--signature"));
    known = std::move(*catalog);
  }
  auto manifest = options.exec.manifest(known);
  if (!manifest) return fail(manifest.error());
  if (!manifest->match.empty() && run.workers.value_or(1) > 1) {
    return fail(
        Error::usage("--match takes one worker: nobody knows which of two trials made the "
                     "kernel say it"));
  }
  const std::string name = manifest->name;
  auto plan = make_plan(run, {{command_runner(), std::move(*manifest)}}, argv, examine_machine());
  if (plan) expect_no_hang(plan->header.stated, name);
  return plan;
}

int go(Result<SessionPlan> plan, const RunOptions& options) {
  if (!plan) return complain(plan.error());
  if (plan->results.empty()) plan->results = default_results_folder();
  return drive(std::move(*plan), options);
}

int run(Options options, const std::vector<std::string>& argv) {
  if (options.exec.given()) return go(make_command_plan(options, argv), options.run);
  std::vector<std::string> complaints;
  auto catalog = load_catalog(catalog_folder(options.repro_dir), &complaints);
  for (const std::string& complaint : complaints)
    std::fprintf(stderr, "hangrate: %s\n", complaint.c_str());
  const auto& wanted = options.run.selectors;
  const bool paths = !wanted.empty() && std::all_of(wanted.begin(), wanted.end(), is_path);
  if (!catalog && !paths) return complain(catalog.error());
  if (!catalog) catalog.emplace();
  const bool resume = !options.run.resume.empty();
  for (std::string& selector : options.run.selectors) {
    if (!is_path(selector)) continue;
    auto named = adopt(selector, *catalog);
    if (!named) return complain(named.error());
    selector = resume ? "" : std::move(*named);  // a journal knows what it needs
  }
  std::erase(options.run.selectors, "");
  if (options.replay.empty() && !options.cell.empty()) {
    return complain(Error::usage("--cell goes with --replay; name REPRO/VARIANT to run one"));
  }
  auto plan = !options.replay.empty() ? make_replay_plan(options, *catalog, argv)
              : resume                ? make_resume_plan(options.run, *catalog)
                                      : make_plan(options.run, *catalog, argv, examine_machine());
  return go(std::move(plan), options.run);
}

}  // namespace

CommandBody add_run_command(CLI::App& app, std::vector<std::string> argv) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("run", "Run reproducers on this kernel and report hit rates");
  command->add_option(
      "repro", options->run.selectors,
      "REPRO or 'REPRO/*' (all its variants) or REPRO/VARIANT (default: all); or a "
      "path: ./FOLDER of a program of your own and its repro.json, ./FOLDER/VARIANT");
  add_exec_options(*command, options->exec);
  add_run_options(*command, options->run);
  command->add_option("--resume", options->run.resume, "Go on with the run in this results folder");
  command->add_option(
      "--replay", options->replay,
      "Repeat the shot of a recorded trial (JOURNAL:TRIAL, by default its first hang) "
      "--trials times (default 200): the same plan, delay and random numbers");
  command->add_option("--cell", options->cell,
                      "REPRO/VARIANT, where several cells of the journal have that trial");
  command->add_option("--repro-dir", options->repro_dir, "Where the reproducers are");
  command->footer(
      "Examples:\n"
      "  hangrate run                                   all reproducers, about two minutes\n"
      "  hangrate run pipe_resize_stall --until-excluded 0.0003\n"
      "  hangrate run fuse_flush_exit/self-held --trials 1000 --json -\n"
      "  hangrate run pipe_resize_stall --param widen=auto        look for the best aim, then "
      "measure\n"
      "  hangrate run pipe_resize_stall --natural       the rate without any help\n"
      "  hangrate run pipe_resize_stall --expect \"pipe_resize_stall=fixed:RHEL-37087\"   this "
      "kernel "
      "has the fix\n"
      "  hangrate run --exec './my-test.sh' --trials 2000    any program: how often does it hang?\n"
      "  hangrate run --replay hangrate-20260101-120000:17        does this shot hit again?\n"
      "  hangrate run --resume hangrate-20260101-120000 after a kill or Ctrl-C");
  return [options, argv = std::move(argv)] { return run(*options, argv); };
}

}  // namespace hangrate
