// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/app/exec_options.h"

#include <CLI/CLI.hpp>

#include "harness/app/numbers.h"

namespace hangrate {

namespace {

/// What a known bug looks like: the signatures of REPRO/VARIANT, of REPRO's first variant without.
Result<std::vector<Signature>> signatures_of(const std::string& name,
                                             const std::vector<CatalogEntry>& catalog) {
  const std::string repro = name.substr(0, name.find('/'));
  const std::string variant = name.size() > repro.size() ? name.substr(repro.size() + 1) : "";
  for (const CatalogEntry& entry : catalog) {
    if (entry.manifest.name != repro) continue;
    for (const Variant& each : entry.manifest.variants) {
      if (!variant.empty() && each.name != variant) continue;
      if (!each.signatures.empty()) return each.signatures;
      return fail(Error::usage("--signature: no trial of " + repro + "/" + each.name +
                               " hangs, so it has none"));
    }
  }
  return fail(Error::usage("--signature: there is no " + name + "; hangrate list shows them"));
}

}  // namespace

Result<Manifest> ExecOptions::manifest(const std::vector<CatalogEntry>& catalog) const {
  CommandRequest request = command;
  request.hit_exit = hit_exit.value_or(0);
  if (!signature.empty()) {
    auto signatures = signatures_of(signature, catalog);
    if (!signatures) return fail(signatures.error());
    request.signatures = std::move(*signatures);
  }
  return manifest_of(request);
}

std::vector<std::string> ExecOptions::words() const {
  std::vector<std::string> words = {"--exec", command.command};
  if (!command.name.empty()) words.insert(words.end(), {"--exec-name", command.name});
  if (command.time_limit_s != CommandRequest{}.time_limit_s) {
    words.insert(words.end(), {"--time-limit", std::to_string(command.time_limit_s)});
  }
  if (hit_exit) words.insert(words.end(), {"--hit-exit", std::to_string(*hit_exit)});
  for (const std::string& frame : command.frames) words.insert(words.end(), {"--frame", frame});
  if (!signature.empty()) words.insert(words.end(), {"--signature", signature});
  if (command.loops) words.push_back("--loop");
  if (!command.match.empty()) words.insert(words.end(), {"--match", command.match});
  return words;
}

void add_exec_options(CLI::App& app, ExecOptions& options) {
  CommandRequest& request = options.command;
  CLI::Option* exec = app.add_option("--exec", request.command,
                                     "Run this command instead, any program: a trial is one "
                                     "execution, a hit a hang that is proven "
                                     "by what its tasks wait for");
  app.add_option("--exec-name", request.name, "What reports call it (default: its first word)")
      ->needs(exec);
  app.add_option("--time-limit", request.time_limit_s,
                 "Seconds after which an execution is given up as stuck, never a hit (60)")
      ->needs(exec)
      ->check(whole_number(1, 3600));
  app.add_option("--hit-exit", options.hit_exit,
                 "Exit code that says \"reproduced\" (default as in kselftest: 1 does, 4 skips)")
      ->needs(exec)
      ->check(whole_number(1, 255));
  app.add_option("--frame", request.frames,
                 "A hang counts only if a task of it sleeps in this kernel function (repeatable)")
      ->needs(exec)
      ->allow_extra_args(false);
  app.add_option("--signature", options.signature,
                 "A hang counts only if it looks like this known bug: REPRO or REPRO/VARIANT")
      ->needs(exec);
  app.add_flag("--loop", request.loops,
               "The command repeats its work by itself: a trial is --time-limit seconds of it, "
               "clean if it is still busy then")
      ->needs(exec);
  app.add_option("--match", request.match,
                 "A line of the kernel's log that matches this regular expression while the "
                 "command runs is a finding, as a failed check is")
      ->needs(exec);
}

void expect_no_hang(StatedExpectations& stated, const std::string& name) {
  if (stated.contains(name)) return;
  stated[name] = {StatedWord::Fixed, "a command should not hang"};
}

}  // namespace hangrate
