// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/app/search_options.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include <fmt/format.h>

#include "harness/app/numbers.h"
#include "harness/model/json.h"
#include "harness/stats/search_memory.h"
#include "harness/store/journal.h"
#include "harness/store/results.h"

namespace hangrate {

const char* const kNaturalHelp =
    "Measure the natural rate: no help for any race (widen=none everywhere, no search)";
const char* const kSearchHelp =
    "Trials per variant that look for the aim that hits most often, before and apart from those "
    "that "
    "are measured (default: 300 where a race is widened, 50 if --warm finds arms)";
const char* const kWarmHelp =
    "Begin the search with the arms of an earlier run (results folder or journal) on the same "
    "kernel, "
    "else on one with the same preemption model";

namespace {

constexpr const char* kNothingToSearch =
    ": nothing to search: no selected variant is widened; --param widen=auto asks for it where "
    "hangrate describe REPRO lists it";

/// The tables of one journal, a cell each.
Result<std::vector<WarmSource>> read_arms(const std::string& path) {
  std::vector<WarmSource> sources;
  std::vector<SearchMemory> memories;
  const auto read = read_journal(
      path,
      [&](const RunHeader& header) -> Result<void> {
        for (const CellSpec& spec : header.cells) {
          sources.push_back({.of = path,
                             .release = header.environment.release,
                             .preempt = header.environment.preempt.active,
                             .repro = spec.repro,
                             .variant = spec.variant,
                             .params = spec.params,
                             .arms = {}});
          memories.emplace_back(spec.search, spec.warm.arms);
        }
        return {};
      },
      [&](const Record& record) {
        memories[cell_of(record)].apply(record);
        const auto* end = std::get_if<CellEndRecord>(&record);
        if (end != nullptr && !end->search.empty()) sources[end->cell].arms = end->search;
      });
  if (!read) return fail(read.error());
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (sources[i].arms.empty()) sources[i].arms = memories[i].arms();  // killed before its end
  }
  return sources;
}

Result<std::vector<WarmSource>> given_arms(const RunOptions& options) {
  std::vector<WarmSource> sources;
  if (!options.warm.empty()) {
    auto read = read_warm(options.warm);
    if (!read) return fail(read.error());
    sources = std::move(*read);
  }
  for (const std::string& text : options.warm_arms) {
    const auto json = parse_json(text);
    if (!json) return fail(json.error());
    auto source = warm_source_from_json(*json);
    if (!source) return fail(source.error());
    sources.push_back(std::move(*source));
  }
  return sources;
}

}  // namespace

void add_search_options(CLI::App& app, RunOptions& o) {
  app.add_flag("--natural", o.natural, kNaturalHelp);
  app.add_option("--search", o.search, kSearchHelp)->check(whole_number(0, kMostSearch));
  app.add_option("--warm", o.warm, kWarmHelp);
  app.add_option("--warm-arms", o.warm_arms)->group("");  // how a matrix says --warm to a guest
}

Result<void> take_natural(bool natural, const Manifest& manifest,
                          const std::vector<std::string>& given,
                          std::map<std::string, std::string>& params) {
  const bool has = std::any_of(manifest.params.begin(), manifest.params.end(),
                               [](const Param& param) { return param.name == kWidenParam; });
  if (!natural || !has) return {};
  for (const std::string& text : given) {
    const bool asks = text.starts_with(std::string(kWidenParam) + "=") &&
                      text != fmt::format("{}={}", kWidenParam, kWidenNone);
    if (!asks) continue;
    return fail(Error::usage(
        fmt::format("--natural means {}={}, and {} asks for another: leave one of them out",
                    kWidenParam, kWidenNone, text)));
  }
  params[kWidenParam] = kWidenNone;
  return {};
}

Result<std::vector<WarmSource>> read_warm(const std::string& path) {
  std::vector<WarmSource> sources;
  const std::vector<std::string> journals = journals_at(path);
  for (const std::string& journal : journals) {
    const auto some = read_arms(journal);
    if (!some && journal == path) return fail(some.error().context("--warm"));
    if (some) sources.insert(sources.end(), some->begin(), some->end());
  }
  // One that is spoilt takes no other with it.
  if (sources.empty() && journals != std::vector{path}) {
    return fail(Error::usage("--warm " + path + ": no journal in it that can be read"));
  }
  return sources;
}

Result<void> plan_search(const RunOptions& options, RunHeader& header) {
  const auto widened = [](const CellSpec& spec) { return spec.widened(); };
  const bool any = std::any_of(header.cells.begin(), header.cells.end(), widened);
  if (options.search && !any) return fail(Error::usage(std::string("--search") + kNothingToSearch));
  if (!options.warm.empty() && !any) {
    return fail(Error::usage(std::string("--warm") + kNothingToSearch));
  }
  const auto sources = given_arms(options);
  if (!sources) return fail(sources.error());
  const bool warm = !options.warm.empty() || !options.warm_arms.empty();
  for (CellSpec& spec : header.cells) {
    if (!spec.widened()) continue;
    const Environment& here = header.environment;
    if (warm) spec.warm = choose_warm(*sources, spec, here.release, here.preempt.active);
    spec.search = planned_search(spec, options.search);
  }
  return {};
}

}  // namespace hangrate
