// SPDX-License-Identifier: GPL-2.0-or-later
#include <memory>

#include <fmt/format.h>

#include "harness/app/commands.h"
#include "harness/app/drive.h"
#include "harness/app/exit_codes.h"
#include "harness/app/recorded_trial.h"
#include "harness/base/file.h"
#include "harness/classify/explain.h"
#include "harness/report/explanation_text.h"
#include "harness/report/safe_text.h"
#include "harness/report/trace_chrome.h"

namespace hangrate {

namespace {

constexpr const char* kHelp =
    "A trial that was recorded carries a trace: which kernel calls its tasks entered and left, "
    "when\n"
    "they slept, who woke them. Recorded are trials that did not simply end, where tracing "
    "programs\n"
    "are allowed (hangrate doctor).\n\n"
    "FILE is a results folder or a journal (of a matrix: that of one boot and cell); :TRIAL one "
    "of\n"
    "its trials, by default the first recorded hang, else the first recorded trial.\n\n"
    "  hangrate report results/run              the first trial of each kind\n"
    "  hangrate trace show results/run          why the first one hung\n"
    "  hangrate trace show results/run:1234     why trial 1234 hung\n"
    "  hangrate trace export results/run:1234 --format chrome -o hang.json\n"
    "                                           then open hang.json in https://ui.perfetto.dev";

struct Options {
  TrialChoice choice;
  std::string format;
  std::string output;
  std::function<int()> chosen;
};

std::string title_of(const RecordedTrial& trial) {
  return fmt::format("{}/{} trial {}", trial.cell.repro, trial.cell.variant,
                     trial.record.observation.trial);
}

int show(const Options& options) {
  const auto trial = find_recorded_trial(options.choice);
  if (!trial) return complain(trial.error());
  if (trial->cut_off) {
    say(stderr, "hangrate: the last record of the journal was cut off by a kill; left out\n");
  }
  const Observation& seen = trial->record.observation;
  const Verdict& verdict = trial->record.verdict;
  const Trace& trace = *seen.trace;
  say("{} on {}: {}, {}\n", safe_line(title_of(*trial)), safe_line(trial->environment.release),
      outcome_name(verdict.outcome), safe_line(rule_text(verdict)));
  say("{} events of {} tasks in {:.3f} ms, {} of calls that came back left out, {} lost\n",
      trace.events.size(), trace.tasks.size(), to_ms(trace.until - trace.from), trace.condensed,
      trace.lost);
  const auto lines = explanation_lines(explain(seen, verdict, trial->environment));
  if (lines.empty()) {
    say("no explanation: {}\n", safe_line(why_unexplained(seen, verdict)));
  }
  for (const std::string& line : lines) say("{}\n", safe_line(line));
  return finish_stdout(kExitAsExpected);
}

int export_trace(const Options& options) {
  if (const auto usable = check_output_path("--output", options.output); !usable) {
    return complain(usable.error());
  }
  const auto trial = find_recorded_trial(options.choice);
  if (!trial) return complain(trial.error());
  const Trace& trace = *trial->record.observation.trace;
  const std::string text =
      options.format == "chrome" ? trace_chrome(trace, title_of(*trial)) : trace_lines(trace);
  if (options.output.empty() || options.output == "-") {
    std::fputs(text.c_str(), stdout);
    return finish_stdout(kExitAsExpected);
  }
  const auto written = write_file_atomically(options.output, text);
  return written ? kExitAsExpected : complain(written.error());
}

}  // namespace

CommandBody add_trace_command(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("trace", "Show or export why a recorded trial hung");
  command->require_subcommand(1);
  command->footer(kHelp);
  const auto add = [&](const char* name, const char* help, int (*body)(const Options&)) {
    CLI::App* sub = command->add_subcommand(name, help);
    sub->add_option("FILE[:TRIAL]", options->choice.where, "Journal or results folder, and trial")
        ->required();
    sub->add_option("--cell", options->choice.cell,
                    "REPRODUCER/VARIANT, where several cells of the run have that trial");
    sub->footer(kHelp);
    Options* raw = options.get();
    sub->callback([raw, body] { raw->chosen = [raw, body] { return body(*raw); }; });
    return sub;
  };
  add("show", "The cause if it is known, the deciding events, who waits for whom", show);
  CLI::App* exported = add("export", "The whole trace, for other programs", export_trace);
  exported
      ->add_option("--format", options->format,
                   "chrome: for timeline viewers; jsonl: one event a line")
      ->required()
      ->check(CLI::IsMember({"chrome", "jsonl"}));
  exported->add_option("-o,--output", options->output, "Write to this file instead of stdout");
  return [options] { return options->chosen(); };
}

}  // namespace hangrate
