// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/run/command_manifest.h"

#include <filesystem>

#include "harness/base/file.h"
#include "harness/base/text.h"
#include "harness/model/json.h"
#include "harness/model/manifest_check.h"
#include "harness/run/catalog.h"

namespace hangrate {

namespace {

namespace fs = std::filesystem;

constexpr int kToEnd = 10'000;  // ms; from the time limit to a trial that is parked
// ms; the time limit is what a healthy trial may take, and this is for some looks at a busy
// machine.
constexpr int kHealthyBeyond = 5'000;
constexpr const char* kRole = "task";
// What only a shell understands.
constexpr const char* kOfShells = "|&;<>()$`\\\"'*?[]#~=%!{}\n";

/// "ls" of "/bin/ls -l": what a name may hold of it.
std::string name_of_command(const std::string& command) {
  const std::string word = trimmed(command).substr(0, trimmed(command).find_first_of(" \t\n"));
  std::string name;
  for (const char c : fs::path(word).filename().string()) {
    const bool letter = (c >= 'a' && c <= 'z') || is_digit(c) || c == '_' || c == '-';
    if (letter) name += c;
    if (c >= 'A' && c <= 'Z') name += static_cast<char>(c - 'A' + 'a');
    if (c == '.') name += '_';
  }
  return name;
}

std::vector<std::string> words_of(const std::string& command) {
  if (command.find_first_of(kOfShells) != std::string::npos) return {"/bin/sh", "-c", command};
  std::vector<std::string> words;
  for (const std::string& word : split(command, ' ')) {
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

}  // namespace

Result<Manifest> manifest_of(const CommandRequest& request) {
  Manifest manifest;
  manifest.name = request.name.empty() ? name_of_command(request.command) : request.name;
  manifest.exec = words_of(request.command);
  if (manifest.name.empty() || manifest.exec.empty()) {
    return fail(Error::usage("--exec '" + request.command +
                             "': no name can be made of it; give --exec-name"));
  }
  if (const std::string fault = fault_of_pattern(request.match); !fault.empty()) {
    return fail(Error::usage("--match " + fault));
  }
  manifest.title = "command: " + request.command;
  manifest.time_limit_s = request.time_limit_s;
  manifest.hit_exit = request.hit_exit;
  manifest.loops = request.loops;
  manifest.match = request.match;
  Signature place{.role = kRole};
  for (const std::string& frame : request.frames) place.frames.push_back({frame});
  Variant variant;
  variant.name = "exec";
  variant.summary = request.command;
  variant.signatures = {std::move(place)};
  for (Signature known : request.signatures) {
    known.role = kRole;
    variant.signatures.push_back(std::move(known));
  }
  variant.ladder = {Rung::Wait, Rung::StopContinue, Rung::Lever, Rung::Kill};
  variant.patience_us = 1000;
  manifest.variants = {std::move(variant)};
  manifest.lever = "kill what the trial started";
  complete_command(manifest, "");
  return manifest;
}

void complete_command(Manifest& manifest, const std::string& folder) {
  if (manifest.exec.empty()) return;
  std::string& program = manifest.exec.front();
  const bool relative = program.find('/') != program.npos && !program.starts_with('/');
  if (relative && !folder.empty()) program = (fs::absolute(folder) / program).lexically_normal();
  for (Variant& variant : manifest.variants) {
    variant.runs_for_ms = manifest.time_limit_s * 1000 + kToEnd;
    variant.healthy_until_ms = kHealthyBeyond;
  }
}

std::string command_file_text(const Manifest& manifest) {
  Manifest plain = manifest;
  for (Variant& variant : plain.variants) {  // complete_command() fills them in there
    variant.runs_for_ms = Variant{}.runs_for_ms;
    variant.healthy_until_ms = Variant{}.healthy_until_ms;
  }
  return to_json_value(plain).dump(2) + "\n";
}

std::string command_runner() {
  return fs::path(own_programs()).append("run-command").string();
}

std::string command_text(const Manifest& manifest) {
  return dump_line({{"exec", manifest.exec},
                    {"time_limit_s", manifest.time_limit_s},
                    {"hit_exit", manifest.hit_exit},
                    {"loops", manifest.loops},
                    {"match", manifest.match}});
}

}  // namespace hangrate
