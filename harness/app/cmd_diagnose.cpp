// SPDX-License-Identifier: GPL-2.0-or-later
#include <csignal>
#include <memory>

#include <sys/wait.h>
#include <unistd.h>

#include "harness/app/commands.h"
#include "harness/app/drive.h"
#include "harness/app/exit_codes.h"
#include "harness/diagnose/examine.h"
#include "harness/report/diagnosis_text.h"
#include "harness/sys/child.h"
#include "harness/sys/fusectl.h"
#include "harness/waits/diagnosis_json.h"

namespace hangrate {

namespace {

constexpr Nanos kLongestLook = 30 * kSecond;
constexpr std::size_t kLongestAnswer = std::size_t{16} << 20;

struct Options {
  ExamineScope scope;
  bool json = false;
};

/// By a helper: a read of a wedged task may never come back, and must not take us with it.
Result<Diagnosis> examine_elsewhere(const ExamineOptions& options) {
  const UniqueFd answer = make_output_file("hangrate-diagnosis", kLongestAnswer);
  const auto helper = fork_helper(
      "hangrate-look", {answer.get()}, true,
      [&] {
        prepare_fusectl_here();
        const std::string text = dump_line(to_json_value(examine(options)));
        const ssize_t written = ::write(answer.get(), text.data(), text.size());
        return written == static_cast<ssize_t>(text.size()) ? 0 : 1;
      },
      HelperRights::All);
  if (!helper) return fail(helper.error());
  const auto status = await_child(*helper, kLongestLook);
  if (!status) {
    signal_child(*helper, SIGKILL);
    return fail(
        Error::infrastructure("the look did not end within 30 s: a read of some task's "
                              "/proc files blocks"));
  }
  if (!WIFEXITED(*status) || WEXITSTATUS(*status) != 0) {
    return fail(Error::infrastructure("the helper that looks at tasks ended without an answer"));
  }
  const auto json = parse_json(output_tail(answer.get(), kLongestAnswer));
  return json ? diagnosis_from_json(*json) : fail(json.error());
}

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
  const auto diagnosis = examine_elsewhere({.scope = scope});
  if (!diagnosis) return complain(diagnosis.error());
  if (options.json) {
    say("{}", dump_pretty(to_json_value(*diagnosis)));
  } else {
    say("{}", diagnosis_text(*diagnosis));
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
  command->add_flag("--json", options->json, "As JSON");
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
