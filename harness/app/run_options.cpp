// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/app/run_options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <unistd.h>

#include "harness/app/numbers.h"
#include "harness/app/search_options.h"
#include "harness/app/version.h"
#include "harness/base/seed.h"
#include "harness/base/text.h"
#include "harness/judge/default_trials.h"
#include "harness/model/json.h"
#include "harness/model/param_check.h"
#include "harness/run/command_manifest.h"
#include "harness/store/journal.h"
#include "harness/store/results.h"
#include "harness/sys/capabilities.h"
#include "harness/sys/environment.h"

namespace hangrate {

namespace {

constexpr std::uint64_t kMostTrials = 1'000'000'000'000;
constexpr int kMostWorkers = 32;
constexpr double kLeastExcluded = 1e-9;
constexpr double kMostExcluded = 0.999999;
constexpr Nanos kDefaultBudget = 120 * kSecond;

template <typename Names>
std::string joined(const Names& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

std::vector<std::string> variant_names(const Manifest& manifest) {
  std::vector<std::string> names;
  for (const Variant& variant : manifest.variants) names.push_back(variant.name);
  return names;
}

/// Variants of one reproducer chosen by the selectors and --variant; empty: none of it.
Result<std::vector<std::string>> chosen_variants(const RunOptions& options,
                                                 const Manifest& manifest) {
  std::vector<std::string> chosen;
  bool named = options.selectors.empty();
  for (const std::string& selector : options.selectors) {
    const std::size_t slash = selector.find('/');
    if (selector.substr(0, slash) != manifest.name) continue;
    named = true;
    if (slash == selector.npos) continue;
    const std::string variant = selector.substr(slash + 1);
    if (variant == "*") return variant_names(manifest);
    if (!contains(variant_names(manifest), variant)) {
      return fail(Error::usage(fmt::format("{} has no variant {}; it has: {}", manifest.name,
                                           variant, joined(variant_names(manifest)))));
    }
    chosen.push_back(variant);
  }
  if (!named || !chosen.empty()) return chosen;
  for (const std::string& variant : options.variants) {
    if (contains(variant_names(manifest), variant)) chosen.push_back(variant);
  }
  if (!options.variants.empty()) return chosen;
  return variant_names(manifest);
}

struct Assignment {
  std::string name;
  std::string value;
  bool used = false;
};

Result<std::vector<Assignment>> parse_params(const std::vector<std::string>& texts) {
  std::vector<Assignment> assignments;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == text.npos || equals == 0) {
      return fail(Error::usage("--param " + text + ": expected NAME=VALUE"));
    }
    assignments.push_back({text.substr(0, equals), text.substr(equals + 1)});
  }
  return assignments;
}

Result<std::map<std::string, std::string>> complete_params(const Manifest& manifest,
                                                           std::vector<Assignment>& given) {
  std::map<std::string, std::string> params = default_params(manifest);
  for (Assignment& assignment : given) {
    for (const Param& param : manifest.params) {
      if (param.name != assignment.name) continue;
      HR_TRY(check_param(param, assignment.value, "--param "));
      params[param.name] = assignment.value;
      assignment.used = true;
    }
  }
  return params;
}

/// Help that was asked for and that none of these variants takes.
Result<void> check_heeded(const Manifest& manifest, const std::vector<std::string>& variants,
                          const std::vector<std::string>& given) {
  for (const std::string& text : given) {
    const std::size_t name = text.find('=');
    if (text.substr(0, name) != kWidenParam || text.substr(name + 1) == kWidenNone) continue;
    const auto heeds = [&](const Variant& v) { return v.widens && contains(variants, v.name); };
    if (std::any_of(manifest.variants.begin(), manifest.variants.end(), heeds)) continue;
    return fail(Error::usage(fmt::format("--param {}: {} of {} cannot be helped", text,
                                         joined(variants), manifest.name)));
  }
  return {};
}

constexpr std::uint64_t kMostKept = 1'000'000;

/// What --expect says, of reproducers that run. One reproducer alone need not be named.
Result<StatedExpectations> stated_of(const RunOptions& options,
                                     const std::vector<std::string>& known,
                                     const std::vector<CellSpec>& cells) {
  StatedExpectations stated;
  for (const std::string& text : options.expect) {
    HR_TRY(add_stated(stated, text, known.size() == 1 ? known.front() : ""));
  }
  for (const auto& [repro, expectation] : stated) {
    if (!contains(known, repro)) {
      return fail(Error::usage(
          fmt::format("--expect: no reproducer {}; there are: {}", repro, joined(known))));
    }
    const auto runs = [&name = repro](const CellSpec& spec) { return spec.repro == name; };
    if (std::none_of(cells.begin(), cells.end(), runs)) {
      return fail(Error::usage(fmt::format("--expect: {} is not among what runs", repro)));
    }
  }
  return stated;
}

TraceMode trace_mode(const std::string& text) {
  if (text == "off") return TraceMode::Off;
  if (text == "always") return TraceMode::Always;
  return text == "compare" ? TraceMode::Compare : TraceMode::OnHit;
}

std::tm utc_now() {
  return fmt::gmtime(std::time(nullptr));
}

std::uint64_t planned_trials(const RunOptions& options, const Variant& variant) {
  if (options.trials) return *options.trials;
  if (options.hits || options.until_excluded) return 0;
  return default_trials(variant, options.confidence.value_or(kDefaultConfidence));
}

CellSpec make_cell(const RunOptions& options, const Manifest& manifest, const std::string& variant,
                   const Environment& environment, std::uint64_t seed) {
  CellSpec spec;
  spec.repro = manifest.name;
  spec.variant = variant;
  spec.manifest = manifest;
  const Variant& chosen = spec.variant_spec();
  const bool once = chosen.expect == Expect::Measure && !options.trials;
  spec.trials = once ? chosen.trials : planned_trials(options, chosen);
  spec.first = options.first;
  spec.workers =
      options.workers.value_or(std::clamp(environment.cpus / chosen.tasks, 1, kMostWorkers));
  if (chosen.expect == Expect::Measure || !manifest.match.empty()) spec.workers = 1;
  spec.seed = derived_seed(seed, manifest.name + "/" + variant);
  return spec;
}

}  // namespace

void add_run_options(CLI::App& app, RunOptions& o) {
  app.add_option("--variant", o.variants, "Run this variant (may be repeated)");
  app.add_option("--param", o.params, "Set a parameter of the reproducer: NAME=VALUE (repeatable)");
  app.add_option("--expect", o.expect, kExpectHelp)->allow_extra_args(false);
  app.add_option("--trials", o.trials, "Trials per variant, without those of a search")
      ->check(whole_number(1, kMostTrials));
  app.add_option("--hits", o.hits, "Stop a variant after this many hits")
      ->check(whole_number(1, kMostTrials));
  app.add_option("--until-excluded", o.until_excluded,
                 "Stop a variant once a clean run excludes this hit rate, e.g. 0.001")
      ->check(real_number(kLeastExcluded, kMostExcluded));
  app.add_option("--confidence", o.confidence,
                 "Confidence of intervals and exclusions (default 0.95)")
      ->check(real_number(kLeastConfidence, kMostConfidence));
  app.add_option("--budget", o.budget,
                 "Time for the whole run, e.g. 60s or 10m (default 2m unless another stop rule is "
                 "given)");
  app.add_option("--workers", o.workers, "Workers side by side (default: by CPUs)")
      ->check(whole_number(1, kMostWorkers));
  app.add_option("--seed", o.seed, "Seed of every random choice (default: random, recorded)")
      ->check(whole_number(0, kMostSeed));
  app.add_option(
         "--trace", o.trace,
         "Kernel events of a hang: on-hit keeps them (default, where the kernel allows it; after "
         "1000 declared hangs of a cell of one in 20), "
         "always keeps those of the first trials too, compare watches every other lease and "
         "reports what watching changes (the others run the tracing programs too, which leave them "
         "alone), off")
      ->check(CLI::IsMember({"on-hit", "always", "compare", "off"}));
  app.add_option("--trace-trials", o.keep, "How many trials --trace always keeps (default 100)")
      ->check(whole_number(1, kMostKept));
  add_search_options(app, o);
  add_gate_options(app, o.gate);
  app.add_option("--results", o.results, "Folder for the journal of this run");
  app.add_option("--channel", o.channel)->group("");  // how a matrix runs us
  app.add_option("--first-trial", o.first)->group("")->check(whole_number(0, kMostTrials));
  add_show_options(app, o.show);
}

Result<Nanos> parse_duration(const std::string& text) {
  const std::string problem = "--budget " + text + ": expected a time such as 90s, 10m or 1h";
  const std::string digits = text.substr(0, text.find_first_not_of("0123456789."));
  const std::string unit = text.substr(digits.size());
  if (!is_decimal(digits)) return fail(Error::usage(problem));
  const double number = std::strtod(digits.c_str(), nullptr);
  double factor = 0;
  if (unit.empty() || unit == "s") factor = 1e9;
  if (unit == "ms") factor = 1e6;
  if (unit == "m" || unit == "min") factor = 60e9;
  if (unit == "h") factor = 3600e9;
  const double span = number * factor;
  constexpr double kYear = 365.0 * 86400e9;
  if (!std::isfinite(span) || span < 1e6 || span > kYear) return fail(Error::usage(problem));
  return static_cast<Nanos>(span);
}

Environment examine_machine() {
  Environment environment = read_environment();
  environment.capabilities = probe_capabilities();
  for (const Capability& capability : environment.capabilities) {
    if (capability.name == "cgroup" && capability.works) {
      environment.cgroup_version = capability.detail.starts_with("version 2") ? 2 : 1;
    }
  }
  return environment;
}

Result<SessionPlan> make_plan(const RunOptions& options, const std::vector<CatalogEntry>& catalog,
                              const std::vector<std::string>& argv,
                              const Environment& environment) {
  std::vector<std::string> names;
  for (const CatalogEntry& entry : catalog) names.push_back(entry.manifest.name);
  for (const std::string& selector : options.selectors) {
    const std::string name = selector.substr(0, selector.find('/'));
    if (!contains(names, name)) {
      return fail(
          Error::usage(fmt::format("no reproducer {}; there are: {}", name, joined(names))));
    }
  }
  auto params = parse_params(options.params);
  if (!params) return fail(params.error());

  SessionPlan plan;
  RunHeader& header = plan.header;
  header.version = version_text();
  header.started = utc_text();
  header.argv = argv;
  header.seed = options.seed.value_or(random_seed());
  header.confidence = options.confidence.value_or(kDefaultConfidence);
  header.stop.hits = options.hits;
  header.stop.until_excluded = options.until_excluded;
  header.trace.mode = trace_mode(options.trace);
  header.trace.keep = header.trace.mode == TraceMode::Always ? options.keep.value_or(100) : 0;
  if (options.keep && header.trace.mode != TraceMode::Always) {
    return fail(Error::usage("--trace-trials goes with --trace always"));
  }
  header.environment = environment;
  if (!options.budget.empty()) {
    auto budget = parse_duration(options.budget);
    if (!budget) return fail(budget.error());
    header.stop.budget = *budget;
  } else if (!options.trials && !options.hits && !options.until_excluded) {
    header.stop.budget = kDefaultBudget;
    header.stop.power_first = true;
  }
  std::vector<std::string> used_variants;
  for (const CatalogEntry& entry : catalog) {
    auto variants = chosen_variants(options, entry.manifest);
    if (!variants) return fail(variants.error());
    if (variants->empty()) continue;
    auto complete = complete_params(entry.manifest, *params);
    if (!complete) return fail(complete.error());
    HR_TRY(check_heeded(entry.manifest, *variants, options.params));
    HR_TRY(take_natural(options.natural, entry.manifest, options.params, *complete));
    for (const std::string& variant : *variants) {
      CellSpec spec = make_cell(options, entry.manifest, variant, header.environment, header.seed);
      spec.params = *complete;
      take_unheeded(entry.manifest, variant, spec.params);
      header.cells.push_back(std::move(spec));
      plan.executables.push_back(entry.executable);
      used_variants.push_back(variant);
    }
  }
  for (const std::string& variant : options.variants) {
    if (!contains(used_variants, variant)) {
      std::vector<std::string> there;
      for (const CatalogEntry& entry : catalog) {
        for (const std::string& name : variant_names(entry.manifest)) {
          there.push_back(entry.manifest.name + "/" + name);
        }
      }
      return fail(Error::usage(fmt::format("no variant {} among what is selected; there are: {}",
                                           variant, joined(there))));
    }
  }
  for (const Assignment& assignment : *params) {
    if (!assignment.used) {
      return fail(Error::usage(
          fmt::format("--param {}: no selected reproducer has it; see hangrate describe REPRO",
                      assignment.name)));
    }
  }
  HR_TRY(plan_search(options, header));
  std::vector<std::string> running;
  for (const CellSpec& spec : header.cells) {
    if (!contains(running, spec.repro)) running.push_back(spec.repro);
  }
  auto gate = gate_of(options.gate, running);
  if (!gate) return fail(gate.error());
  header.gate = std::move(*gate);
  auto stated = stated_of(options, names, header.cells);
  if (!stated) return fail(stated.error());
  header.stated = std::move(*stated);
  plan.results = options.results;
  plan.channel = options.channel;
  return plan;
}

Result<SessionPlan> make_resume_plan(const RunOptions& options,
                                     const std::vector<CatalogEntry>& catalog) {
  const bool more =
      !options.selectors.empty() || !options.variants.empty() || !options.params.empty() ||
      !options.expect.empty() || options.trials || options.hits || options.until_excluded ||
      !options.budget.empty() || options.workers || options.seed || options.confidence ||
      !options.results.empty() || !options.trace.empty() || options.keep || options.natural ||
      options.search || !options.warm.empty() || options.gate.given();
  if (more) {
    return fail(
        Error::usage("--resume goes on with what the journal planned: only output options and "
                     "--repro-dir go with it"));
  }
  auto loaded = load_results(journal_in(options.resume));
  if (!loaded) return fail(loaded.error());
  SessionPlan plan;
  plan.header = std::move(loaded->run.rows.front().header);
  plan.results = options.resume;
  plan.resume = true;
  const Environment here = read_environment();
  const Environment& then = plan.header.environment;
  if (here.release != then.release || here.version != then.version) {
    return fail(Error::usage(fmt::format(
        "{} was recorded on kernel {} and this is {}: a run has one kernel; start a new one",
        options.resume, then.release, here.release)));
  }
  for (const CellSpec& spec : plan.header.cells) {
    if (!spec.manifest.exec.empty()) {  // a journal holds all of a command
      plan.executables.push_back(command_runner());
      continue;
    }
    const auto entry = std::find_if(catalog.begin(), catalog.end(), [&](const CatalogEntry& e) {
      return e.manifest.name == spec.repro;
    });
    if (entry == catalog.end() || !contains(variant_names(entry->manifest), spec.variant)) {
      return fail(
          Error::usage(fmt::format("the journal needs {}/{}, which is not here; give "
                                   "--repro-dir",
                                   spec.repro, spec.variant)));
    }
    if (to_json_value(entry->manifest) != to_json_value(spec.manifest)) {
      return fail(Error::usage(fmt::format(
          "{} was recorded with {} and another build of {}, which judges differently: go on with "
          "that one, or start a new run",
          options.resume, plan.header.version, spec.repro)));
    }
    plan.executables.push_back(entry->executable);
  }
  return plan;
}

std::uint64_t random_seed() {
  std::uint64_t seed = 0;
  if (::getrandom(&seed, sizeof seed, 0) != sizeof seed)
    seed = static_cast<std::uint64_t>(now_ns());
  return seed >> 11;  // exact in every JSON reader (53 bits)
}

std::string utc_text() {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", utc_now());
}

std::string default_results_folder() {
  const std::string base = fmt::format("hangrate-{:%Y%m%d-%H%M%S}", utc_now());
  std::string name = base;
  for (int i = 2; ::access(name.c_str(), F_OK) == 0; ++i) name = base + "-" + std::to_string(i);
  return name;
}

}  // namespace hangrate
