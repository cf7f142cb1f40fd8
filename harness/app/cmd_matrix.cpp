// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <csignal>
#include <memory>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "harness/app/commands.h"
#include "harness/app/drive.h"
#include "harness/app/exit_codes.h"
#include "harness/app/kernel_supply.h"
#include "harness/app/matrix_commands.h"
#include "harness/app/numbers.h"
#include "harness/app/search_options.h"
#include "harness/app/status_line.h"
#include "harness/app/sweeping.h"
#include "harness/app/version.h"
#include "harness/base/input.h"
#include "harness/kernel/guest_kernel.h"
#include "harness/matrix/matrix_file.h"
#include "harness/matrix/matrix_runner.h"
#include "harness/matrix/qemu_words.h"
#include "harness/model/json.h"

namespace hangrate {

namespace {

struct Options {
  std::string file;
  MatrixOverrides overrides;
  std::string shard;
  std::string results;
  std::string resume;
  std::string repro_dir;
  std::string accel = "auto";
  std::string cache;
  std::string mirror;
  bool offline = false;
  std::optional<int> jobs;
  std::optional<std::uint64_t> seed;
  std::optional<double> confidence;
  MatrixCommandOptions commands;
  GateOptions gate;
  Show show;
};

volatile std::sig_atomic_t interrupted = 0;

void note_signal(int) {
  interrupted = 1;
}

/// Ctrl-C and friends end the guests and keep the results; a second one kills.
void catch_signals() {
  struct sigaction action {};
  action.sa_handler = note_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(signal, &action, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGCHLD, SIG_DFL);
}

/// A run goes on with the program, the reproducers and the commands that began it.
Result<PlannedPayload> check_begun(const std::string& folder,
                                   const std::vector<CatalogEntry>& catalog) {
  const auto loaded = load_results(folder);
  if (!loaded) return fail(loaded.error());
  if (!loaded->matrix) return fail(Error::usage(folder + " holds no matrix run to go on with"));
  for (const MatrixKernel& kernel : loaded->matrix->plan.kernels) {
    const auto sound = check_qemu_words(kernel.qemu);
    if (!sound) return fail(sound.error().context(folder + ", kernel " + kernel.id));
  }
  if (loaded->matrix->version == version_text())
    return repeat_payload(folder, *loaded->matrix, catalog);
  return fail(Error::usage("this run was begun by hangrate " + loaded->matrix->version +
                           " and this is " + version_text() +
                           ": go on with that one, or start a new run"));
}

/// The reproducers there are, with the commands that are given or kept.
Result<std::vector<CatalogEntry>> reproducers(const Options& options, const std::string& programs) {
  std::vector<std::string> complaints;
  auto catalog = load_catalog(programs, &complaints);
  for (const std::string& complaint : complaints) say(stderr, "hangrate: {}\n", complaint);
  const bool command = options.commands.exec.given();
  if (!catalog && !command) return catalog;
  if (!catalog) catalog.emplace();
  if (command) {
    const auto adopted = adopt_command(options.commands.exec, options.commands.folder(), *catalog);
    if (!adopted) return fail(adopted.error());
  }
  if (!options.resume.empty()) HR_TRY(adopt_kept_commands(options.resume, *catalog));
  return catalog;
}

/// What the command line says instead of the file, of a command too: it runs alone.
Result<MatrixOverrides> overrides_of(const Options& options,
                                     const std::vector<CatalogEntry>& catalog) {
  MatrixOverrides overrides = options.overrides;
  overrides.confidence = options.confidence.value_or(kDefaultConfidence);
  if (!options.commands.exec.given()) return overrides;
  if (!overrides.selectors.empty()) {
    return fail(Error::usage("--exec runs its command alone: no --repro goes with it"));
  }
  overrides.selectors = {catalog.back().manifest.name};
  return overrides;
}

/// Keeps a matrix that was planned, with its commands.
Result<void> keep_matrix(const std::string& folder, const MatrixHeader& header,
                         const Payload& payload, const std::vector<CatalogEntry>& catalog) {
  auto store = MatrixStore::create(folder, header);
  if (!store) return fail(store.error());
  for (const Manifest* command : commands_of(header.plan, catalog)) {
    HR_TRY(store->add_command(command->name, command_file_text(*command)));
  }
  if (payload.archive) HR_TRY(store->add_payload_paths(payload.paths));
  return store->finish();
}

/// Plans a matrix, or looks at one to go on with: `folder` has it then. What its guests get comes
/// back.
Result<PlannedPayload> open_matrix(const Options& options, const std::vector<CatalogEntry>& catalog,
                                   const std::vector<std::string>& argv, std::string& folder) {
  if (!options.resume.empty()) {
    const bool more =
        !options.file.empty() || !options.overrides.selectors.empty() || options.overrides.trials ||
        options.overrides.boots || options.overrides.boot_limit_s || options.overrides.boot_mib ||
        !options.overrides.expect.empty() || options.overrides.natural ||
        options.overrides.search || !options.overrides.warm.empty() ||
        !options.overrides.filter.empty() || !options.shard.empty() || !options.results.empty() ||
        options.seed || options.confidence || options.gate.given() || options.commands.given();
    if (more) {
      return fail(
          Error::usage("--resume goes on with what was planned: only output, cache and "
                       "--jobs options go with it"));
    }
    folder = options.resume;
    return check_begun(folder, catalog);
  }
  const auto text = read_input(options.file);
  if (!text) return fail(text.error());
  std::vector<Manifest> manifests;
  for (const CatalogEntry& entry : catalog) manifests.push_back(entry.manifest);
  auto overrides = overrides_of(options, catalog);
  if (!overrides) return fail(overrides.error());
  std::vector<std::string> warm;
  if (!overrides->warm.empty()) {
    const auto sources = read_warm(overrides->warm);
    if (!sources) return fail(sources.error());
    for (const WarmSource& source : *sources) {
      if (source.arms.empty()) continue;
      overrides->warm_cells.insert(source.repro + "/" + source.variant);
      warm.push_back(dump_line(to_json_value(source)));
    }
  }
  auto plan = parse_matrix(*text, options.file, manifests, *overrides);
  if (!plan) return fail(plan.error());
  for (const MatrixKernel& kernel : plan->kernels) {
    const auto sound = check_kernel_spec(kernel.spec);
    if (!sound) return fail(sound.error().context(options.file + ", kernel " + kernel.id));
  }
  for (MatrixKernel& kernel : plan->kernels) {
    if (options.commands.exec.given()) expect_no_hang(kernel.expect, plan->cells.front().repro);
  }
  auto payload = plan_payload(*plan, catalog, options.commands);
  if (!payload) return payload;
  MatrixHeader header;
  header.version = version_text();
  header.started = utc_text();
  header.argv = argv;
  header.file = options.file;
  header.trace = options.overrides.trace;
  header.warm = std::move(warm);
  header.options = command_words(options.commands);
  for (std::string& word : override_options(options.overrides)) header.options.push_back(word);
  header.payload = payload->fact;
  header.seed = options.seed.value_or(random_seed());
  header.confidence = options.confidence.value_or(kDefaultConfidence);
  std::vector<std::string> running;
  for (const MatrixCell& cell : plan->cells) {
    if (std::find(running.begin(), running.end(), cell.repro) == running.end()) {
      running.push_back(cell.repro);
    }
  }
  auto gate = gate_of(options.gate, running);
  if (!gate) return fail(gate.error());
  header.gate = std::move(*gate);
  header.plan = std::move(*plan);
  folder = options.results.empty() ? default_results_folder() : options.results;
  HR_TRY(keep_matrix(folder, header, payload->payload, catalog));
  return payload;
}

int matrix(Options options, const std::vector<std::string>& argv) {
  if (const auto usable = check_show(options.show); !usable) return complain(usable.error());
  if (!options.shard.empty()) {
    const auto shard = parse_shard(options.shard, options.overrides);
    if (!shard) return complain(shard.error());
  }
  if (options.file.empty() && options.resume.empty()) {
    return complain(Error::usage("give a matrix file, e.g. ci/kernels.json, or --resume FOLDER"));
  }
  const std::string programs = catalog_folder(options.repro_dir);
  const auto catalog = reproducers(options, programs);
  if (!catalog) return complain(catalog.error());
  std::string folder;
  const auto opened = open_matrix(options, *catalog, argv, folder);
  if (!opened) return complain(opened.error());
  auto store = MatrixStore::reopen(folder);
  if (!store) return complain(store.error());
  // Locked first: what another writer added until then must be seen.
  const auto so_far = load_results(folder);
  if (!so_far) return complain(so_far.error());
  std::fprintf(stderr, "results: %s\n", folder.c_str());
  tell_payload(opened->payload);

  sweep_before_run();
  StatusLine line(!options.show.quiet);
  MatrixOptions run;
  run.natives = *catalog;
  run.repro_dir = programs;
  run.command_dir = command_folder(folder);
  run.guest_programs = programs + "/guest";
  run.guest_system = guest_system(run.guest_programs);
  run.payload = {.archive = opened->payload.archive.get(),
                 .folder = opened->fact.folder,
                 .path = opened->fact.path,
                 .whole_root = !opened->fact.root.empty()};
  run.jobs = options.jobs.value_or(1);
  run.status = [&](const std::string& text) { line.show(text); };
  run.news = [&](const std::string& text) { line.news(text); };
  run.interrupted = [] { return interrupted != 0; };
  catch_signals();
  KernelSupply kernels(
      {.kernel = {.cache = options.cache.empty() ? default_kernel_cache() : options.cache,
                  .mirror = options.mirror,
                  .offline = options.offline},
       .accel = options.accel,
       .news = run.news,
       .steps = !line.live()});
  auto ran = run_matrix(*store, *so_far, run, kernels);
  kernels.end();
  if (ran) ran = store->finish();
  line.clear();
  if (!ran) {
    const int code = complain(ran.error().as(ErrorKind::Infrastructure));
    std::fprintf(stderr, "what was recorded: hangrate report %s\n", folder.c_str());
    return code;
  }
  const auto all = load_results(folder);
  if (!all) return complain(all.error().as(ErrorKind::Infrastructure));
  const int code = present(all->run, options.show);
  if (interrupted == 0) return code;
  std::fprintf(stderr, "interrupted; go on with: hangrate matrix --resume %s\n", folder.c_str());
  return kExitInterrupted;
}

}  // namespace

CommandBody add_matrix_command(CLI::App& app, std::vector<std::string> argv) {
  auto o = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "matrix", "Run reproducers on many kernels in virtual machines and report rates per kernel");
  command->add_option("file", o->file, "Matrix file, e.g. ci/kernels.json");
  command->add_option("--repro", o->overrides.selectors,
                      "REPRO, REPRO/VARIANT or 'REPRO/*' (all variants, so the controls too), "
                      "instead of the file's (repeatable)");
  command
      ->add_option(
          "--trials", o->overrides.trials,
          "Trials per cell, instead of the file's (default: as many as make a clean result one)")
      ->check(whole_number(1, kMostMatrixTrials));
  command
      ->add_option("--boots", o->overrides.boots,
                   "Spread the trials of a cell over N boots (default: 5 for a race)")
      ->check(whole_number(1, kMostBoots));
  command
      ->add_option("--boot-limit", o->overrides.boot_limit_s,
                   "Seconds after which a boot is ended as corrupt (default: from its trials and "
                   "how guests run here)")
      ->check(whole_number(1, kMostBootLimit));
  command
      ->add_option("--boot-mib", o->overrides.boot_mib,
                   "MiB of console and journals beyond which a boot is ended as corrupt (default: "
                   "64, 1/16 a trial, and 1 for each of the first hundred of a cell)")
      ->check(whole_number(1, kMostBootMib));
  command
      ->add_option("--expect", o->overrides.expect,
                   "What is known of every kernel, where its version does not tell: "
                   "REPRO=fixed:REASON, or affected or unknown (repeatable); of one kernel: "
                   "\"expect\" in the file")
      ->allow_extra_args(false);
  command->add_flag("--natural", o->overrides.natural, kNaturalHelp);
  command->add_option("--search", o->overrides.search, kSearchHelp)
      ->check(whole_number(0, kMostSearch));
  command->add_option("--warm", o->overrides.warm, kWarmHelp);
  command
      ->add_option("--trace", o->overrides.trace,
                   "Kernel events of a hang: on-hit (default, where a kernel allows it), always, "
                   "compare, off; see hangrate run --help")
      ->check(CLI::IsMember({"on-hit", "always", "compare", "off"}));
  command->add_option("--filter", o->overrides.filter,
                      "Only the kernel with this id, or those whose id holds this text");
  command->add_option("--shard", o->shard, "Only every N-th kernel: I/N, e.g. 1/3");
  command->add_option("--jobs", o->jobs, "Guests side by side (default 1)")
      ->check(whole_number(1, 256));
  command->add_option("--accel", o->accel, "auto, kvm or tcg (default auto: finds out by trying)")
      ->check(CLI::IsMember({"auto", "kvm", "tcg"}));
  command->add_option("--results", o->results, "Folder for everything this run records");
  command->add_option("--resume", o->resume, "Go on with the matrix run in this folder");
  add_gate_options(*command, o->gate);
  command->add_option("--seed", o->seed, "Seed of every random choice (default: random, recorded)")
      ->check(whole_number(0, kMostSeed));
  command
      ->add_option("--confidence", o->confidence,
                   "Confidence of intervals and exclusions (default 0.95)")
      ->check(real_number(kLeastConfidence, kMostConfidence));
  command->add_option("--cache", o->cache, "Where kernels are kept");
  command->add_option("--mirror", o->mirror,
                      "Package mirror (default: this machine's apt configuration)");
  command->add_flag("--offline", o->offline, "Only kernels that are in the cache");
  command->add_option("--repro-dir", o->repro_dir, "Where the reproducers are");
  add_matrix_command_options(*command, o->commands);
  add_show_options(*command, o->show);
  command->footer(
      "Examples:\n"
      "  hangrate matrix ci/kernels.json --html matrix.html\n"
      "  hangrate matrix ci/kernels.json --filter bookworm --repro fuse_flush_exit --trials 200\n"
      "  hangrate matrix ci/kernels.json --shard 2/4 --junit matrix.xml --json matrix.json\n"
      "  hangrate matrix ci/kernels.json --exec ./my-test.sh --trials 2000   any program, on many "
      "kernels\n"
      "  hangrate matrix --resume hangrate-20260101-120000       after a kill or Ctrl-C");
  return [o, argv = std::move(argv)] { return matrix(*o, argv); };
}

}  // namespace hangrate
