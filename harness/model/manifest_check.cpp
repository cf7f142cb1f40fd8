// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/model/manifest_check.h"

#include <regex>
#include <set>

#include <fmt/format.h>

#include "harness/base/text.h"
#include "harness/model/json.h"
#include "harness/model/param_check.h"

namespace hangrate {

namespace {

constexpr const char* kNameCharacters = "abcdefghijklmnopqrstuvwxyz0123456789_-";
constexpr std::uint64_t kMostTrials = 1'000'000'000;
constexpr int kLongestPatience = 5'000'000;  // us; a trial unseen for 10 s is overdue instead
constexpr int kLongestHealthy = 3'600'000;   // ms
constexpr int kMostTasks = 1024;
constexpr std::size_t kLongestRole = 15;  // hang_party::role

/// A manifest with one of everything that it may hold: the pattern of what can be written.
Json pattern() {
  const Signature signature{.role = "r", .syscalls = {"s"}, .frames = {{"f"}}, .wchans = {"w"}};
  Manifest one;
  one.variants = {{.signatures = {signature}, .own_place = {signature}, .ladder = {Rung::Wait}}};
  one.variants.front().shape.proofs = {ProofKind::Deadlock};
  one.params = {{.name = "", .help = "", .fallback = "", .choices = {"c"}}};
  one.affected.resize(1);
  one.vendor_affected.resize(1);
  one.history = one.references = one.exec = one.programs = {"h"};
  return to_json_value(one);
}

bool same_kind(const Json& given, const Json& wanted) {
  return wanted.is_number() ? given.is_number() : given.type() == wanted.type();
}

/// The first member of `given` that the pattern does not have, or has of another kind; "": none.
std::string first_misfit(const Json& given, const Json& wanted, const std::string& path) {
  if (!same_kind(given, wanted)) {
    return fmt::format("{}: must be of the kind {}, not {}", path.empty() ? "the manifest" : path,
                       wanted.type_name(), given.dump());
  }
  if (given.is_object()) {
    for (const auto& [key, value] : given.items()) {
      const std::string name = path.empty() ? key : path + "." + key;
      if (!wanted.contains(key)) return "nothing is called " + name;
      if (std::string fault = first_misfit(value, wanted[key], name); !fault.empty()) return fault;
    }
  } else if (given.is_array()) {
    for (std::size_t i = 0; i < given.size(); ++i) {
      std::string fault = first_misfit(given[i], wanted[0], fmt::format("{}[{}]", path, i));
      if (!fault.empty()) return fault;
    }
  }
  return "";
}

/// The first word of `given` that was not understood: `read` back it is another one; "": none.
std::string first_loss(const Json& given, const Json& read, const std::string& path) {
  if (!given.is_structured()) {
    return given == read ? "" : fmt::format("{}: cannot be {}", path, given.dump());
  }
  std::size_t place = 0;
  for (const auto& [key, value] : given.items()) {
    const std::string name = given.is_array() ? fmt::format("{}[{}]", path, key)
                             : path.empty()   ? key
                                              : path + "." + key;
    const Json& other = given.is_array() ? read[place] : read[key];
    if (std::string loss = first_loss(value, other, name); !loss.empty()) return loss;
    ++place;
  }
  return "";
}

std::string fault_of_signatures(const std::vector<Signature>& signatures) {
  for (const Signature& signature : signatures) {
    if (signature.role.empty() || signature.role.size() > kLongestRole) {
      return fmt::format("a signature needs a role of 1 to {} characters", kLongestRole);
    }
  }
  return "";
}

std::string fault_of(const Variant& variant) {
  if (!is_name(variant.name)) return "\"" + variant.name + "\" is no name: a-z, 0-9, - and _";
  if (variant.summary.empty()) return "a summary is missing";
  if (variant.trials < 1 || variant.trials > kMostTrials) {
    return fmt::format("trials must be 1 to {}", kMostTrials);
  }
  if (!(variant.reference_rate > 0 && variant.reference_rate <= 1)) {
    return "reference_rate must be above 0, and 1 or less";
  }
  if (variant.patience_us < 1 || variant.patience_us > kLongestPatience) {
    return fmt::format("patience_us must be 1 to {}", kLongestPatience);
  }
  if (variant.healthy_until_ms < 1 || variant.healthy_until_ms > kLongestHealthy) {
    return fmt::format("healthy_until_ms must be 1 to {}", kLongestHealthy);
  }
  if (variant.runs_for_ms < 1 || variant.runs_for_ms > kLongestHealthy) {
    return fmt::format("runs_for_ms must be 1 to {}", kLongestHealthy);
  }
  if (variant.tasks < 1 || variant.tasks > kMostTasks) {
    return fmt::format("tasks must be 1 to {}", kMostTasks);
  }
  if (!(variant.weight > 0)) return "weight must be above 0";
  const bool can_hit = variant.expect == Expect::Affected || variant.expect == Expect::Always;
  if (can_hit && variant.signatures.empty()) return "without signatures no trial can be a hit";
  const bool shaped = !variant.shape.proofs.empty() || variant.shape.by_place;
  if (shaped && !can_hit)
    return "only what can hit has a shape: a control is told by no other name";
  std::string fault = fault_of_signatures(variant.signatures);
  return fault.empty() ? fault_of_signatures(variant.own_place) : fault;
}

std::string fault_of(const Manifest& manifest) {
  if (!is_name(manifest.name)) return "\"" + manifest.name + "\" is no name: a-z, 0-9, - and _";
  if (manifest.title.empty()) return "a title is missing";
  if (manifest.variants.empty()) return "variants are missing";
  if (manifest.time_limit_s < 1 || manifest.time_limit_s > kLongestHealthy / 1000) {
    return fmt::format("time_limit_s must be 1 to {}", kLongestHealthy / 1000);
  }
  if (manifest.hit_exit < 0 || manifest.hit_exit > 255) return "hit_exit must be 0 to 255";
  if (std::string fault = fault_of_pattern(manifest.match); !fault.empty())
    return "match: " + fault;
  std::set<std::string> names;
  for (const Variant& variant : manifest.variants) {
    const std::string fault = fault_of(variant);
    if (!fault.empty()) return "variant " + variant.name + ": " + fault;
    if (!names.insert(variant.name).second) return "two variants are called " + variant.name;
  }
  names.clear();
  for (const Param& param : manifest.params) {
    if (!is_name(param.name)) return "\"" + param.name + "\" is no name of a parameter";
    if (!names.insert(param.name).second) return "two parameters are called " + param.name;
    const auto fallback = check_param(param, param.fallback, "the default ");
    if (!fallback) return fallback.error().what();
  }
  return "";
}

Result<Json> parse(const std::string& text) {
  if (auto json = parse_json(text)) return json;
  try {  // once more, for the place
    return Json::parse(text);
  } catch (const nlohmann::json::exception& problem) {
    const std::string what =
        problem.what();  // "[json.exception.parse_error.101] parse error at..."
    const std::size_t end = what.find("] ");
    return fail(Error::usage(end == std::string::npos ? what : what.substr(end + 2)));
  }
}

}  // namespace

std::string fault_of_pattern(const std::string& pattern) {
  try {
    const std::regex tried(pattern);
    return "";
  } catch (const std::regex_error& error) {
    return fmt::format("\"{}\" is no regular expression: {}", pattern, error.what());
  }
}

bool is_name(const std::string& text) {
  return !text.empty() && text.find_first_not_of(kNameCharacters) == std::string::npos;
}

Result<Manifest> read_manifest(const std::string& text) {
  auto json = parse(text);
  if (!json) return fail(json.error());
  if (const std::string misfit = first_misfit(*json, pattern(), ""); !misfit.empty()) {
    return fail(Error::usage(misfit));
  }
  auto manifest = manifest_from_json(text);
  if (!manifest) return fail(manifest.error());
  std::string fault = first_loss(*json, to_json_value(*manifest), "");
  if (fault.empty()) fault = fault_of(*manifest);
  if (!fault.empty()) return fail(Error::usage(fault));
  return manifest;
}

}  // namespace hangrate
