// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdio>
#include <memory>
#include <set>
#include <utility>

#include <unistd.h>

#include "harness/app/commands.h"
#include "harness/app/diagnose_watch.h"
#include "harness/app/drive.h"
#include "harness/app/exit_codes.h"
#include "harness/app/known_bugs_here.h"
#include "harness/app/run_options.h"
#include "harness/app/version.h"
#include "harness/base/output.h"
#include "harness/diagnose/container.h"
#include "harness/diagnose/examine_apart.h"
#include "harness/diagnose/free_hang.h"
#include "harness/diagnose/spin_look.h"
#include "harness/diagnose/unmoved_look.h"
#include "harness/report/diagnosis_html.h"
#include "harness/report/diagnosis_text.h"
#include "harness/report/safe_text.h"
#include "harness/sys/environment.h"
#include "harness/waits/diagnosis_json.h"

namespace hangrate {

namespace {

constexpr Nanos kLongestLook = 3 * kSecond;  // 2,000 tasks: 1 s

struct Options {
  ExamineScope scope;
  std::string json;  ///< path, "-" = stdout
  std::string html;  ///< likewise
  std::string container;
  std::string repro_dir;
  std::vector<std::string> argv;
  bool free = false;
  bool yes = false;  ///< the answer to every question
  bool watch = false;
  double interval = 1;  ///< s, between looks of a watch
};

int exit_code_of(const Diagnosis& diagnosis) {
  bool proven = false;
  bool stuck = !diagnosis.stuck.empty() || !diagnosis.spinning.empty();
  for (const WaitProof& proof : diagnosis.proofs) {
    proven = proven || !proof.only_a_signal;
    stuck = stuck || proof.only_a_signal;
  }
  if (proven) return kExitUnexpected;
  return stuck ? kExitInfrastructure : kExitAsExpected;
}

bool agreed(const Options& options) {
  if (options.yes) return true;
  say(stderr, "free it? [y/N] ");
  char answer[16] = {};
  return std::fgets(answer, sizeof answer, stdin) != nullptr &&
         (answer[0] == 'y' || answer[0] == 'Y');
}

/// Asks for each, and tells what came of it.
void free_all(const Options& options, const Diagnosis& diagnosis) {
  for (const WaitProof& proof : diagnosis.proofs) {
    say(stderr, "{}\n", safe_line(proof.sentences.front()));
    if (!agreed(options)) continue;
    const auto freed = free_hang(proof);
    if (!freed) {
      complain(freed.error());
    } else if (*freed == FreedBy::Nothing) {
      say(stderr, "not freed; what is left ends a task: {}\n", safe_line(proof.cure));
    } else {
      say(stderr, "freed by {}\n",
          *freed == FreedBy::StopContinue ? "stop and continue"
                                          : "an abort of its FUSE connection");
    }
  }
}

Result<void> check_outputs(const Options& options) {
  HR_TRY(check_output_path("--json", options.json));
  HR_TRY(check_output_path("--html", options.html));
  if (!options.json.empty() && options.json == options.html) {
    return fail(Error::usage("--json and --html name one file"));
  }
  return {};
}

/// The texts it is asked for, one of them perhaps to stdout, where else people read.
Result<void> write_out(const Options& options, const Diagnosis& diagnosis, const Environment& here,
                       const std::string& started) {
  const auto write = [](const std::string& path, const std::string& text) -> Result<void> {
    if (path != "-") return write_file_atomically(path, text);
    say("{}", text);
    return {};
  };
  if (options.json != "-" && options.html != "-") say("{}", diagnosis_text(diagnosis));
  if (!options.json.empty()) {
    HR_TRY(write(options.json, dump_pretty(to_json_value(diagnosis))));
  }
  if (options.html.empty()) return {};
  return write(options.html, diagnosis_html(diagnosis, {.environment = here,
                                                        .version = version_text(),
                                                        .started = started,
                                                        .argv = options.argv,
                                                        .exit_code = exit_code_of(diagnosis)}));
}

int watch(const Options& options, const ExamineScope& scope) {
  if (options.free) return complain(Error::usage("--watch frees nothing: not with --free"));
  if (!options.html.empty()) {
    return complain(Error::usage("--watch draws no page: not with --html"));
  }
  if (!options.json.empty() && options.json != "-") {
    return complain(Error::usage("--watch writes to stdout: --json -"));
  }
  const auto interval = static_cast<Nanos>(options.interval * static_cast<double>(kSecond));
  return watch_and_tell({scope, interval}, options.json == "-");
}

int diagnose(const Options& options) {
  ExamineScope scope = options.scope;
  if (scope.pids.empty() && scope.cgroup.empty() && !scope.all && options.container.empty()) {
    return complain(
        Error::usage("name what to look at: PID..., --cgroup PATH, --container ID or --all"));
  }
  for (const int pid : scope.pids) {
    if (::access(("/proc/" + std::to_string(pid)).c_str(), F_OK) != 0) {
      return complain(Error::usage("there is no process " + std::to_string(pid)));
    }
  }
  if (!scope.cgroup.empty() && ::access((scope.cgroup + "/cgroup.procs").c_str(), R_OK) != 0) {
    return complain(Error::usage(scope.cgroup + " is no folder of a cgroup"));
  }
  if (options.free && !options.yes && ::isatty(STDIN_FILENO) == 0) {
    return complain(
        Error::usage("--free asks before it does anything: give --yes where nobody answers"));
  }
  if (const auto usable = check_outputs(options); !usable) return complain(usable.error());
  const auto book = open_bug_book(options.repro_dir);
  if (!book) return complain(book.error());
  if (!options.container.empty()) {
    auto folder = find_container(options.container, kLongestLook);
    if (!folder) return complain(folder.error());
    scope.cgroup = std::move(*folder);
  }
  if (options.watch) return watch(options, scope);
  const std::string started = utc_text();
  std::set<int> blocking;
  auto diagnosis = examine_apart({.scope = scope}, kLongestLook, &blocking);
  if (!diagnosis) return complain(diagnosis.error());
  add_unmoved(scope, blocking, *diagnosis);
  add_spinning(scope, blocking, *diagnosis);
  const Environment here = read_environment();
  name_bugs_here(*book, here, *diagnosis);
  if (const auto written = write_out(options, *diagnosis, here, started); !written) {
    return complain(written.error());
  }
  const int code = finish_stdout(exit_code_of(*diagnosis));
  if (options.free) free_all(options, *diagnosis);
  return code;
}

}  // namespace

CommandBody add_diagnose_command(CLI::App& app, std::vector<std::string> argv) {
  auto options = std::make_shared<Options>();
  options->argv = std::move(argv);
  CLI::App* command = app.add_subcommand(
      "diagnose", "Tell which live tasks hang, what they wait for and who could release them");
  command->add_option("pid", options->scope.pids, "Processes to look at")
      ->check(CLI::PositiveNumber);
  CLI::Option* cgroup =
      command->add_option("--cgroup", options->scope.cgroup,
                          "All processes of the cgroup with this folder, and of those below it");
  command
      ->add_option("--container", options->container,
                   "All processes of this container: its id or a beginning of it (docker, podman, "
                   "containerd, CRI-O), or its name (LXC, systemd-nspawn)")
      ->excludes(cgroup);
  command->add_flag("--all", options->scope.all, "All processes");
  command->add_option("--json", options->json, "Write it as JSON to this file, - for stdout");
  command->add_option(
      "--html", options->html,
      "Write it as one page with a drawing of each hang to this file, - for stdout");
  command->add_flag(
      "--free", options->free,
      "Then free each hang, after asking: stop and continue its tasks, abort its FUSE "
      "connection; ends no task");
  command->add_flag("--yes", options->yes, "With --free: do not ask");
  command->add_option("--repro-dir", options->repro_dir,
                      "Where the reproducers are whose bugs are named");
  auto* watching = command->add_flag(
      "--watch", options->watch,
      "Until SIGTERM or Ctrl-C: one line for each hang that comes, and one when it is over");
  command
      ->add_option("--interval", options->interval,
                   "With --watch: seconds between two looks; a hang is told after about three")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str()
      ->needs(watching);
  command->footer(
      "It reads and polls; it sends no signal, stops and traces nothing. A hang is proven if what "
      "a\n"
      "task waits for is there already (lost wake-up), if all who could release it wait for each\n"
      "other (deadlock), or if nobody but itself could (orphaned).\n"
      "Exit codes: 0 nothing hangs, 1 a hang is proven, 2 usage, 3 no answer: something stands\n"
      "still, and what could release it is not all seen; or it is spinning, in the kernel for\n"
      "seconds without being seen outside. --watch ends with 0 when it is told to, and with 3\n"
      "when nothing is left of what it looks at.\n\n"
      "Examples:\n"
      "  hangrate diagnose $(pidof postgres)\n"
      "  hangrate diagnose --cgroup /sys/fs/cgroup/system.slice/docker.service\n"
      "  hangrate diagnose --container 3f2a1b4c5d6e --html hang.html\n"
      "  hangrate diagnose --all\n"
      "  hangrate diagnose --watch --all --json -");
  return [options] { return diagnose(*options); };
}

}  // namespace hangrate
