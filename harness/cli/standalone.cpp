// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/cli/standalone.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>

#include <fmt/format.h>

#include "harness/cli/drive.h"
#include "harness/cli/exit_codes.h"
#include "harness/cli/parse.h"
#include "harness/cli/version.h"
#include "harness/model/json.h"

namespace hangrate {

namespace {

struct Options {
  RunOptions run;
  bool describe = false;
  bool worker = false;
  bool unsupervised = false;
  bool all = false;
};

std::string help_of(const Manifest& manifest) {
  std::string text = manifest.title + "\n\nVariants:\n";
  for (const Variant& v : manifest.variants)
    text += fmt::format("  {:<18} {}\n", v.name, v.summary);
  if (!manifest.params.empty()) text += "\nParameters:\n";
  for (const Param& p : manifest.params) {
    const std::string values = p.choices.empty() ? fmt::format("{}..{}", p.min, p.max)
                                                 : fmt::format("{}", fmt::join(p.choices, "|"));
    text += fmt::format("  {}={}  {} (default {})\n", p.name, values, p.help, p.fallback);
  }
  return text + "\n" + kExitCodeHelp;
}

}  // namespace

int standalone(const Manifest& manifest, int argc, char** argv,
               const std::function<int(const WorkerCall&)>& work) {
  Options o;
  CLI::App app(manifest.title, manifest.name);
  app.set_version_flag("--version", version_text());
  app.footer(help_of(manifest));
  add_run_options(app, o.run);
  app.add_flag("--all-variants", o.all, "Run every variant, not only the first");
  app.add_flag("--describe", o.describe, "Print the manifest as JSON");
  app.add_flag("--unsupervised", o.unsupervised,
               "Run the trials in the foreground without a supervisor: a hang simply hangs, for a "
               "debugger or tracer of your own");
  app.add_flag("--worker", o.worker)->group("");  // how the supervisor starts us
  if (const auto code = parse(app, argc, argv)) return *code;
  if (o.describe) {
    std::fputs(dump_pretty(to_json_value(manifest)).c_str(), stdout);
    return finish_stdout(kExitAsExpected);
  }
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  const bool alone = o.worker || o.unsupervised;
  const Environment environment = alone ? Environment{.cpus = 1} : examine_machine();
  auto plan = make_plan(o.run, {{self, manifest}}, {argv, argv + argc}, o.all, environment);
  if (!plan) return complain(plan.error());
  if (alone) {
    const CellSpec& cell = plan->header.cells.front();
    return work({.variant = cell.variant,
                 .params = cell.params,
                 .supervised = o.worker,
                 .trials = o.run.trials.value_or(1),
                 .seed = cell.seed});
  }
  return drive(std::move(*plan), o.run);
}

}  // namespace hangrate
