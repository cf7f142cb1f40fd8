// SPDX-License-Identifier: GPL-2.0-or-later
#include <memory>

#include <fmt/format.h>

#include "harness/app/commands.h"
#include "harness/app/drive.h"
#include "harness/model/json.h"

namespace hangrate {

namespace {

struct Options {
  std::string repro_dir;
  std::string name;
  bool json = false;
};

Result<std::vector<CatalogEntry>> catalog_of(const Options& options) {
  std::vector<std::string> complaints;
  auto catalog = load_catalog(catalog_folder(options.repro_dir), &complaints);
  for (const std::string& complaint : complaints) say(stderr, "hangrate: {}\n", complaint);
  return catalog;
}

int list(const Options& options) {
  const auto catalog = catalog_of(options);
  if (!catalog) return complain(catalog.error());
  if (options.json) {
    Json all = Json::array();
    for (const CatalogEntry& entry : *catalog) all.push_back(to_json_value(entry.manifest));
    say("{}", dump_pretty(all));
    return finish_stdout(0);
  }
  for (const CatalogEntry& entry : *catalog) {
    say("{}  {}\n", entry.manifest.name, entry.manifest.title);
    for (const Variant& variant : entry.manifest.variants) {
      say("  {:<18} {}{}\n", variant.name, variant.summary, variant.needs_root ? " (root)" : "");
    }
  }
  return finish_stdout(0);
}

void print_lines(const char* heading, const std::vector<std::string>& lines) {
  if (lines.empty()) return;
  say("\n{}\n", heading);
  for (const std::string& line : lines) say("  {}\n", line);
}

void print_manifest(const Manifest& m) {
  say("{}: {}\n\nSymptom\n  {}\n\nMechanism\n  {}\n\nInvariant\n  {}\n", m.name, m.title, m.symptom,
      m.mechanism, m.invariant);
  std::vector<std::string> lines;
  for (const Variant& v : m.variants) {
    lines.push_back(fmt::format("{:<18} {}", v.name, v.summary));
    std::vector<const char*> ladder;
    for (const Rung rung : v.ladder) ladder.push_back(rung_name(rung));
    lines.push_back(fmt::format("{:<18}   {} trials by default{}, ladder: {}", "", v.trials,
                                v.needs_root ? ", needs root" : "", fmt::join(ladder, ", ")));
  }
  print_lines("Variants", lines);
  lines.clear();
  for (const Param& p : m.params) {
    const std::string values = p.choices.empty() ? fmt::format("{}..{}", p.min, p.max)
                                                 : fmt::format("{}", fmt::join(p.choices, "|"));
    lines.push_back(fmt::format("{}={}  {} (default {})", p.name, values, p.help, p.fallback));
  }
  print_lines("Parameters (--param NAME=VALUE)", lines);
  lines.clear();
  for (const AffectedRange& r : m.affected) {
    lines.push_back(
        fmt::format("from {} to before {}{}  {}", r.from.empty() ? "the beginning" : r.from,
                    r.to.empty() ? "(not fixed)" : r.to, r.unknown ? ", not known" : "", r.note));
  }
  print_lines("Affected kernels", lines);
  print_lines("History", m.history);
  print_lines("References", m.references);
}

int describe(const Options& options) {
  const auto catalog = catalog_of(options);
  if (!catalog) return complain(catalog.error());
  std::vector<std::string> names;
  for (const CatalogEntry& entry : *catalog) {
    names.push_back(entry.manifest.name);
    if (entry.manifest.name != options.name) continue;
    if (options.json) {
      say("{}", dump_pretty(to_json_value(entry.manifest)));
    } else {
      print_manifest(entry.manifest);
    }
    return finish_stdout(0);
  }
  return complain(Error::usage(
      fmt::format("no reproducer {}; there are: {}", options.name, fmt::join(names, ", "))));
}

}  // namespace

CommandBody add_list_command(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("list", "List reproducers and their variants");
  command->add_flag("--json", options->json, "The manifests as JSON");
  command->add_option("--repro-dir", options->repro_dir, "Where the reproducers are");
  return [options] { return list(*options); };
}

CommandBody add_describe_command(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "describe", "Explain one reproducer: symptom, mechanism, variants, kernels");
  command->add_option("repro", options->name, "Its name")->required();
  command->add_flag("--json", options->json, "The manifest as JSON");
  command->add_option("--repro-dir", options->repro_dir, "Where the reproducers are");
  return [options] { return describe(*options); };
}

}  // namespace hangrate
