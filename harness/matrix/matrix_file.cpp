// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/matrix/matrix_file.h"

#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>

#include "harness/base/check.h"
#include "harness/judge/default_trials.h"
#include "harness/matrix/qemu_words.h"
#include "harness/model/json.h"
#include "harness/model/param_check.h"
#include "harness/model/record.h"
#include "harness/stats/search_memory.h"

namespace hangrate {

namespace {

constexpr int kMatrixSchema = 1;

Failure wrong(const std::string& where, const std::string& what) {
  return fail(Error::usage(where + ": " + what));
}

/// Checks that an object has no member but these: a misspelt one would silently do nothing.
Result<void> only_members(const Json& json, const std::set<std::string>& known,
                          const std::string& where) {
  if (!json.is_object()) return wrong(where, "expected an object");
  for (const auto& [key, value] : json.items()) {
    if (!known.contains(key)) {
      return wrong(
          where, fmt::format("unknown member \"{}\"; there are: {}", key, fmt::join(known, ", ")));
    }
  }
  return {};
}

Result<std::int64_t> whole_number(const Json& json, const char* key, std::int64_t fallback,
                                  std::int64_t low, std::int64_t high, const std::string& where) {
  if (!json.contains(key)) return fallback;
  const Json& value = json[key];
  const bool fits = value.is_number_integer() && value >= low && value <= high;
  if (!fits) {
    return wrong(where, fmt::format("\"{}\": {} is no whole number from {} to {}", key,
                                    value.dump(), low, high));
  }
  return value.get<std::int64_t>();
}

Result<std::string> text(const Json& json, const char* key, const std::string& fallback,
                         const std::string& where) {
  if (!json.contains(key)) return fallback;
  if (!json[key].is_string()) return wrong(where, fmt::format("\"{}\": expected text", key));
  return json[key].get<std::string>();
}

/// A name for folders and tests from a spec and a command line.
std::string id_of(const std::string& spec, const std::string& cmdline) {
  std::string id = spec.substr(spec.find(':') == spec.npos ? 0 : spec.find(':') + 1);
  id.resize(std::min(id.size(), id.find(",modules=")));
  const std::string flavour = ",flavour=";
  if (const std::size_t at = id.find(flavour); at != id.npos) id.replace(at, flavour.size(), "-");
  while (id.ends_with('/')) id.pop_back();
  if (const std::size_t slash = id.rfind('/'); slash != id.npos) id = id.substr(slash + 1);
  if (!cmdline.empty()) id += "-" + cmdline;
  for (char& c : id) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_';
    if (!plain) c = '-';
  }
  return id;
}

bool is_folder_name(const std::string& id) {
  return !id.empty() && id.size() <= 100 && id[0] != '.' &&
         std::all_of(id.begin(), id.end(), [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' ||
                  c == '-';
         });
}

/// {"pipe_resize_stall": 500}
Result<std::map<std::string, std::uint64_t>> parse_trials(const Json& json,
                                                          const std::string& where) {
  if (!json.is_object()) return wrong(where, "expected {\"REPRO\": TRIALS}");
  std::map<std::string, std::uint64_t> trials;
  for (const auto& [repro, value] : json.items()) {
    const auto count = whole_number(json, repro.c_str(), 0, 1,
                                    static_cast<std::int64_t>(kMostMatrixTrials), where);
    if (!count) return fail(count.error());
    trials[repro] = static_cast<std::uint64_t>(*count);
  }
  return trials;
}

/// {"pipe_resize_stall": "fixed", "because": "RHEL-37087"}
Result<StatedExpectations> parse_expect(const Json& json, const std::string& where) {
  constexpr const char* kBecause = "because";
  StatedExpectations stated;
  if (!json.is_object()) {
    return wrong(where, "expected {\"REPRO\": \"fixed\", \"because\": \"REASON\"}");
  }
  const auto because = text(json, kBecause, "", where);
  if (!because) return fail(because.error());
  for (const auto& [repro, value] : json.items()) {
    if (repro == kBecause) continue;
    const std::optional<StatedWord> word =
        value.is_string() ? stated_word(value.get<std::string>()) : std::nullopt;
    if (!word) {
      return wrong(where, fmt::format("{}: {} is none of \"affected\", \"fixed\", \"unknown\"",
                                      repro, value.dump()));
    }
    stated[repro] = {*word, *because};
  }
  if (stated.empty()) return wrong(where, "it names no reproducer");
  if (because->find_first_not_of(" \t\n") == because->npos) {
    return wrong(where, "a \"because\" is missing: who says so?");
  }
  return stated;
}

/// "qemu" of a kernel that runs in QEMU.
Result<std::vector<std::string>> parse_qemu(const Json& json, const std::string& spec,
                                            const std::string& where) {
  std::vector<std::string> words;
  try {
    words = json.get<decltype(words)>();
  } catch (const nlohmann::json::exception&) {
    return wrong(where, "expected a list of words");
  }
  if (spec == "native" || spec.starts_with("uml:"))
    return wrong(where, spec + " runs without QEMU");
  if (const auto sound = check_qemu_words(words); !sound) return wrong(where, sound.error().what());
  return words;
}

Result<MatrixKernel> parse_kernel(const Json& json, const std::string& where) {
  HR_TRY(only_members(json,
                      {"spec", "id", "cmdline", "cpus", "memory_mib", "boots", "boot_limit_s",
                       "boot_mib", "qemu", "params", "trials", "expect"},
                      where));
  MatrixKernel kernel;
  const auto spec = text(json, "spec", "", where);
  if (!spec) return fail(spec.error());
  kernel.spec = *spec;
  if (kernel.spec.empty()) return wrong(where, "a kernel needs a \"spec\"");
  const auto cmdline = text(json, "cmdline", "", where);
  if (!cmdline) return fail(cmdline.error());
  kernel.cmdline = *cmdline;
  const auto id = text(json, "id", id_of(kernel.spec, kernel.cmdline), where);
  if (!id) return fail(id.error());
  kernel.id = *id;
  if (!is_folder_name(kernel.id)) {
    return wrong(where, "\"id\": " + kernel.id + ": letters, digits, '.', '_' and '-' only");
  }
  const auto cpus = whole_number(json, "cpus", 2, 1, 64, where);
  const auto memory = whole_number(json, "memory_mib", 1024, 128, 65536, where);
  const auto boots = whole_number(json, "boots", 0, 1, kMostBoots, where);
  const auto wall = whole_number(json, "boot_limit_s", 0, 1, kMostBootLimit, where);
  const auto mib = whole_number(json, "boot_mib", 0, 1, kMostBootMib, where);
  for (const auto* number : {&cpus, &memory, &boots, &wall, &mib}) {
    if (!*number) return fail(number->error());
  }
  kernel.cpus = static_cast<int>(*cpus);
  kernel.memory_mib = static_cast<int>(*memory);
  kernel.boots = static_cast<int>(*boots);
  kernel.boot_limit_s = static_cast<int>(*wall);
  kernel.boot_mib = static_cast<int>(*mib);
  if (json.contains("qemu")) {
    auto words = parse_qemu(json["qemu"], kernel.spec, where + ": \"qemu\"");
    if (!words) return fail(words.error());
    kernel.qemu = std::move(*words);
  }
  if (json.contains("params")) {
    try {
      kernel.params = json["params"].get<decltype(kernel.params)>();
    } catch (const nlohmann::json::exception&) {
      return wrong(where, "\"params\": expected {\"REPRO\": {\"NAME\": \"VALUE\"}}");
    }
  }
  if (json.contains("trials")) {
    auto trials = parse_trials(json["trials"], where + ": \"trials\"");
    if (!trials) return fail(trials.error());
    kernel.trials = std::move(*trials);
  }
  if (json.contains("expect")) {
    auto stated = parse_expect(json["expect"], where + ": \"expect\"");
    if (!stated) return fail(stated.error());
    kernel.expect = std::move(*stated);
  }
  return kernel;
}

const Manifest* manifest_of(const std::string& repro, const std::vector<Manifest>& manifests) {
  const auto found = std::find_if(manifests.begin(), manifests.end(),
                                  [&repro](const Manifest& m) { return m.name == repro; });
  return found == manifests.end() ? nullptr : &*found;
}

/// The variants a selector means: the named one, all for "*", or the default.
Result<std::vector<MatrixCell>> cells_of(const std::string& selector,
                                         const std::vector<Manifest>& manifests,
                                         const std::string& where) {
  const std::size_t slash = selector.find('/');
  const std::string name = selector.substr(0, slash);
  const Manifest* manifest = manifest_of(name, manifests);
  if (manifest == nullptr) {
    std::vector<std::string> there;
    for (const Manifest& m : manifests) there.push_back(m.name);
    return wrong(where,
                 fmt::format("no reproducer {}; there are: {}", name, fmt::join(there, ", ")));
  }
  if (slash == selector.npos) return std::vector{MatrixCell{name, manifest->variants[0].name}};
  const std::string variant = selector.substr(slash + 1);
  std::vector<std::string> there;
  for (const Variant& v : manifest->variants) there.push_back(v.name);
  if (variant != "*" && std::find(there.begin(), there.end(), variant) == there.end()) {
    return wrong(where, fmt::format("{} has no variant {}; it has: {}, and * for all", name,
                                    variant, fmt::join(there, ", ")));
  }
  if (variant != "*") there = {variant};
  std::vector<MatrixCell> cells;
  for (const std::string& one : there) cells.push_back({name, one});
  return cells;
}

/// With the trials and boots that it gets.
MatrixCell sized(MatrixCell cell, std::optional<std::uint64_t> trials, const Variant& variant,
                 double confidence) {
  cell.trials = trials.value_or(default_matrix_trials(variant, confidence));
  cell.boots = default_boots(variant);
  return cell;
}

const Variant& variant_of(const MatrixCell& cell, const std::vector<Manifest>& manifests) {
  for (const Manifest& manifest : manifests) {
    if (manifest.name != cell.repro) continue;
    for (const Variant& variant : manifest.variants) {
      if (variant.name == cell.variant) return variant;
    }
  }
  HR_CHECK(false);  // cells_of() found it
  return manifests.front().variants.front();
}

Result<void> check_trials(const MatrixKernel& kernel, const std::vector<Manifest>& manifests,
                          const std::string& where) {
  for (const auto& [repro, count] : kernel.trials) {
    if (manifest_of(repro, manifests) == nullptr)
      return wrong(where, "\"trials\": no reproducer " + repro);
  }
  return {};
}

Result<void> check_params(const MatrixKernel& kernel, const std::vector<Manifest>& manifests,
                          const std::string& where) {
  for (const auto& [repro, params] : kernel.params) {
    const Manifest* manifest = manifest_of(repro, manifests);
    if (manifest == nullptr) return wrong(where, "\"params\": no reproducer " + repro);
    for (const auto& [name, value] : params) {
      const auto param = std::find_if(manifest->params.begin(), manifest->params.end(),
                                      [&name = name](const Param& p) { return p.name == name; });
      if (param == manifest->params.end()) {
        return wrong(where, "\"params\": " + repro + " has no parameter " + name);
      }
      HR_TRY(check_param(*param, value, where + ": \"params\": " + repro + ": "));
    }
  }
  return {};
}

Result<void> check_expect(const StatedExpectations& stated, const std::vector<Manifest>& manifests,
                          const std::string& where) {
  for (const auto& [repro, expectation] : stated) {
    if (manifest_of(repro, manifests) != nullptr) continue;
    std::vector<std::string> there;
    for (const Manifest& m : manifests) there.push_back(m.name);
    return wrong(where,
                 fmt::format("no reproducer {}; there are: {}", repro, fmt::join(there, ", ")));
  }
  return {};
}

/// What --expect says of every kernel, of reproducers that run.
Result<StatedExpectations> stated_for_all(const MatrixOverrides& overrides,
                                          const std::vector<Manifest>& manifests,
                                          const std::vector<MatrixCell>& cells) {
  StatedExpectations stated;
  for (const std::string& text : overrides.expect) HR_TRY(add_stated(stated, text));
  HR_TRY(check_expect(stated, manifests, "--expect"));
  for (const auto& [repro, expectation] : stated) {
    const auto runs = [&name = repro](const MatrixCell& cell) { return cell.repro == name; };
    if (std::any_of(cells.begin(), cells.end(), runs)) continue;
    return wrong("--expect", repro + " is not among what runs");
  }
  return stated;
}

bool has_widening(const Manifest& manifest) {
  return std::any_of(manifest.params.begin(), manifest.params.end(),
                     [](const Param& param) { return param.name == kWidenParam; });
}

/// --natural: no reproducer of this kernel is helped.
Result<void> take_natural(MatrixKernel& kernel, const std::vector<Manifest>& manifests,
                          const std::string& where) {
  for (const Manifest& manifest : manifests) {
    if (!has_widening(manifest)) continue;
    std::string& value = kernel.params[manifest.name][kWidenParam];
    if (!value.empty() && value != kWidenNone) {
      return wrong(where, fmt::format("\"params\": {}: {}={} and --natural contradict each other",
                                      manifest.name, kWidenParam, value));
    }
    value = kWidenNone;
  }
  return {};
}

/// How long every widened cell of this kernel searches.
void plan_search(MatrixKernel& kernel, const std::vector<MatrixCell>& cells,
                 const std::vector<Manifest>& manifests, const MatrixOverrides& overrides) {
  for (const MatrixCell& cell : cells) {
    CellSpec spec;
    for (const Manifest& manifest : manifests) {
      if (manifest.name != cell.repro) continue;
      spec.params = default_params(manifest);
      if (const auto given = kernel.params.find(cell.repro); given != kernel.params.end()) {
        for (const auto& [name, value] : given->second) spec.params[name] = value;
      }
      take_unheeded(manifest, cell.variant, spec.params);
    }
    const std::string name = cell.name();
    if (overrides.warm_cells.contains(name)) spec.warm.arms.resize(1);
    if (spec.widened()) kernel.search[name] = planned_search(spec, overrides.search);
  }
}

}  // namespace

Result<void> parse_shard(const std::string& value, MatrixOverrides& overrides) {
  const char* end = value.data() + value.size();
  const auto [slash, first] = std::from_chars(value.data(), end, overrides.shard);
  const bool divided = first == std::errc{} && slash != end && *slash == '/';
  const auto [rest, second] = divided ? std::from_chars(slash + 1, end, overrides.shards)
                                      : std::from_chars_result{slash, std::errc::invalid_argument};
  const bool fits = second == std::errc{} && rest == end && overrides.shard >= 1 &&
                    overrides.shard <= overrides.shards;
  if (fits) return {};
  return fail(Error::usage("--shard " + value + ": expected I/N with I from 1 to N, e.g. 1/3"));
}

Result<MatrixPlan> parse_matrix(const std::string& source, const std::string& name,
                                const std::vector<Manifest>& manifests,
                                const MatrixOverrides& overrides) {
  auto parsed = parse_json(source);
  if (!parsed) return wrong(name, parsed.error().what());
  const Json& json = *parsed;
  HR_TRY(only_members(json, {"$schema", "schema", "kernels", "repros", "trials"}, name));
  if (!json.contains("schema") || json["schema"] != kMatrixSchema) {
    return wrong(name, fmt::format("\"schema\" must be {}", kMatrixSchema));
  }
  if (!json.contains("kernels") || !json["kernels"].is_array() || json["kernels"].empty()) {
    return wrong(name, "\"kernels\" must be a list with at least one kernel");
  }
  const auto trials = whole_number(json, "trials", 0, 1, kMostMatrixTrials, name);
  if (!trials) return fail(trials.error());

  MatrixPlan plan;
  std::vector<std::string> selectors = overrides.selectors;
  if (selectors.empty() && json.contains("repros")) {
    try {
      selectors = json["repros"].get<std::vector<std::string>>();
    } catch (const nlohmann::json::exception&) {
      return wrong(name, "\"repros\": expected a list of REPRO, REPRO/VARIANT or REPRO/*");
    }
  }
  if (selectors.empty()) {
    for (const Manifest& manifest : manifests) selectors.push_back(manifest.name);
  }
  for (const std::string& selector : selectors) {
    const auto cells = cells_of(selector, manifests, name);
    if (!cells) return fail(cells.error());
    for (const MatrixCell& one : *cells) {
      auto wanted = overrides.trials;
      if (!wanted && *trials > 0) wanted = static_cast<std::uint64_t>(*trials);
      MatrixCell cell = sized(one, wanted, variant_of(one, manifests), overrides.confidence);
      const auto there = std::find(plan.cells.begin(), plan.cells.end(), cell);
      if (there == plan.cells.end()) plan.cells.push_back(std::move(cell));
    }
  }
  const auto stated = stated_for_all(overrides, manifests, plan.cells);
  if (!stated) return fail(stated.error());
  std::set<std::string> ids;
  int number = 0;
  for (const Json& entry : json["kernels"]) {
    const std::string where = fmt::format("{}: kernel {}", name, ++number);
    auto kernel = parse_kernel(entry, where);
    if (!kernel) return fail(kernel.error());
    HR_TRY(check_params(*kernel, manifests, where));
    HR_TRY(check_trials(*kernel, manifests, where));
    if (overrides.trials) kernel->trials.clear();
    HR_TRY(check_expect(kernel->expect, manifests, where + ": \"expect\""));
    for (const auto& [repro, expectation] : *stated) kernel->expect[repro] = expectation;
    if (!ids.insert(kernel->id).second) {
      return wrong(where, "the id " + kernel->id + " is taken: give it another \"id\"");
    }
    if (overrides.boots) kernel->boots = *overrides.boots;
    if (overrides.boot_limit_s) kernel->boot_limit_s = *overrides.boot_limit_s;
    if (overrides.boot_mib) kernel->boot_mib = *overrides.boot_mib;
    if (overrides.natural) HR_TRY(take_natural(*kernel, manifests, where));
    plan_search(*kernel, plan.cells, manifests, overrides);
    const bool ours = (number - 1) % overrides.shards == overrides.shard - 1;
    if (ours && kernel->id.find(overrides.filter) != std::string::npos) {
      plan.kernels.push_back(std::move(*kernel));
    }
  }
  if (ids.contains(overrides.filter)) {  // a whole id means that one
    std::erase_if(plan.kernels, [&](const MatrixKernel& k) { return k.id != overrides.filter; });
  }
  if (plan.kernels.empty()) {
    return wrong(name, fmt::format("no kernel is left after --filter and --shard; there are: {}",
                                   fmt::join(ids, ", ")));
  }
  const bool widened = std::any_of(plan.kernels.begin(), plan.kernels.end(),
                                   [](const MatrixKernel& k) { return !k.search.empty(); });
  for (const char* option : {"--search", "--warm"}) {
    const bool given =
        option == std::string("--search") ? overrides.search.has_value() : !overrides.warm.empty();
    if (!given || widened) continue;
    return wrong(option, fmt::format("nothing to search: {} widens no race on any of its kernels; "
                                     "\"params\": {{\"REPRO\": {{\"{}\": \"{}\"}}}} asks for it",
                                     name, kWidenParam, kWidenAuto));
  }
  return plan;
}

std::vector<std::string> override_options(const MatrixOverrides& overrides) {
  std::vector<std::string> options;
  for (const std::string& selector : overrides.selectors) {
    options.insert(options.end(), {"--repro", selector});
  }
  if (overrides.trials)
    options.insert(options.end(), {"--trials", fmt::format("{}", *overrides.trials)});
  if (overrides.boots)
    options.insert(options.end(), {"--boots", fmt::format("{}", *overrides.boots)});
  if (overrides.boot_limit_s)
    options.insert(options.end(), {"--boot-limit", fmt::format("{}", *overrides.boot_limit_s)});
  if (overrides.boot_mib)
    options.insert(options.end(), {"--boot-mib", fmt::format("{}", *overrides.boot_mib)});
  for (const std::string& stated : overrides.expect) {
    options.insert(options.end(), {"--expect", stated});
  }
  if (overrides.natural) options.emplace_back("--natural");
  if (overrides.search) {
    options.insert(options.end(), {"--search", fmt::format("{}", *overrides.search)});
  }
  if (!overrides.warm.empty()) options.insert(options.end(), {"--warm", overrides.warm});
  if (!overrides.trace.empty()) options.insert(options.end(), {"--trace", overrides.trace});
  return options;
}

}  // namespace hangrate
