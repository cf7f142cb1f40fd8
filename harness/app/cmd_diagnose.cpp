// SPDX-License-Identifier: GPL-2.0-or-later
#include <memory>

#include "harness/app/commands.h"
#include "harness/app/drive.h"
#include "harness/app/exit_codes.h"
#include "harness/base/output.h"
#include "harness/diagnose/examine_apart.h"
#include "harness/report/diagnosis_text.h"
#include "harness/waits/diagnosis_json.h"

namespace hangrate {

namespace {

constexpr Nanos kLongestLook = 3 * kSecond;  // 2,000 tasks: 1 s

struct Options {
  ExamineScope scope;
  std::string json;  ///< path, "-" = stdout
};

int exit_code_of(const Diagnosis& diagnosis) {
  bool proven = false;
  bool stuck = !diagnosis.stuck.empty();
  for (const WaitProof& proof : diagnosis.proofs) {
    proven = proven || !proof.only_a_signal;
    stuck = stuck || proof.only_a_signal;
  }
  if (proven) return kExitUnexpected;
  return stuck ? kExitInfrastructure : kExitAsExpected;
}

int diagnose(const Options& options) {
  const auto& scope = options.scope;
  if (scope.pids.empty() && scope.cgroup.empty() && !scope.all) {
    return complain(Error::usage("name what to look at: PID..., --cgroup PATH or --all"));
  }
  if (const auto there = check_output_path("--json", options.json); !there) {
    return complain(there.error());
  }
  const auto diagnosis = examine_apart({.scope = scope}, kLongestLook);
  if (!diagnosis) return complain(diagnosis.error());
  const std::string json = dump_pretty(to_json_value(*diagnosis));
  say("{}", options.json == "-" ? json : diagnosis_text(*diagnosis));
  if (!options.json.empty() && options.json != "-") {
    if (const auto written = write_file_atomically(options.json, json); !written) {
      return complain(written.error());
    }
  }
  return finish_stdout(exit_code_of(*diagnosis));
}

}  // namespace

CommandBody add_diagnose_command(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "diagnose", "Tell which live tasks hang, what they wait for and who could release them");
  command->add_option("pid", options->scope.pids, "Processes to look at")
      ->check(CLI::PositiveNumber);
  command->add_option("--cgroup", options->scope.cgroup,
                      "All processes of the cgroup with this folder, and of those below it");
  command->add_flag("--all", options->scope.all, "All processes");
  command->add_option("--json", options->json, "Write it as JSON to this file, - for stdout");
  command->footer(
      "It reads and polls; it sends no signal, stops and traces nothing. A hang is proven if what "
      "a\n"
      "task waits for is there already (lost wake-up), if all who could release it wait for each\n"
      "other (deadlock), or if nobody but itself could (orphaned).\n"
      "Exit codes: 0 nothing hangs, 1 a hang is proven, 2 usage, 3 no answer: something stands\n"
      "still, and what could release it is not all seen.\n\n"
      "Examples:\n"
      "  hangrate diagnose $(pidof postgres)\n"
      "  hangrate diagnose --cgroup /sys/fs/cgroup/system.slice/docker.service\n"
      "  hangrate diagnose --all");
  return [options] { return diagnose(*options); };
}

}  // namespace hangrate
