// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/app/drive.h"

#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "harness/app/exit_codes.h"
#include "harness/app/flight.h"
#include "harness/app/live.h"
#include "harness/app/sweeping.h"
#include "harness/base/output.h"
#include "harness/report/safe_text.h"

namespace hangrate {

namespace {

int warn_not_written(const Error& error) {
  complain(error);
  return kExitInfrastructure;
}

/// What a log without a terminal gets when a cell has ended.
void tell_cell(const RunHeader& header, std::size_t cell, const CellResult& result) {
  RunHeader alone = header;
  alone.cells = {header.cells[cell]};
  const CellSummary summary = summarize(alone, {result}).cells[0];
  std::fprintf(stderr, "%s: %s\n", cell_name(alone.cells[0]).c_str(),
               safe_line(summary.explanation).c_str());
}

}  // namespace

bool colour_wanted(FILE* stream, bool refused) {
  return !refused && std::getenv("NO_COLOR") == nullptr && ::isatty(::fileno(stream)) != 0;
}

Result<void> check_output_path(const std::string& option, const std::string& path) {
  if (path.empty() || path == "-") return {};
  const auto usable = check_output(path);
  return usable ? usable : fail(Error::usage(option + " " + usable.error().what()));
}

int complain(const Error& error) {
  std::fprintf(stderr, "hangrate: %s\n", safe_line(error.what()).c_str());
  return error.kind() == ErrorKind::Usage ? kExitUsage : kExitInfrastructure;
}

int finish_stdout(int code) {
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    return warn_not_written(Error::from_errno("write(stdout)"));
  }
  // Some file systems tell of what they could not keep when it is closed, and not before.
  const int copy = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
  if (copy < 0 || ::close(copy) == 0 || errno == EINTR) return code;
  return warn_not_written(Error::from_errno("close(stdout)"));
}

int drive(SessionPlan plan, const RunOptions& options) {
  const Show& show = options.show;
  if (const auto usable = check_show(show); !usable) return complain(usable.error());
  const bool terminal = ::isatty(STDERR_FILENO) != 0;
  Live live(!show.quiet && terminal, plan.header.stop, plan.header.confidence);
  const std::vector<CellSpec>& cells = plan.header.cells;
  SessionEvents events;
  events.progress = [&](std::size_t cell, const CellResult& result, Nanos elapsed) {
    live.update(cells[cell], result, elapsed);
  };
  events.cell_ends = [&](std::size_t cell, const CellResult& result) {
    live.finish(cells[cell], result);
    if (!show.quiet && !terminal) tell_cell(plan.header, cell, result);
  };
  events.warning = [](const std::string& text) {
    std::fprintf(stderr, "hangrate: %s\n", text.c_str());
  };
  if (plan.channel.empty()) sweep_before_run();  // a matrix has done it, and a guest is new
  std::optional<Recorder> recorder = start_recorder(plan.header.trace);
  plan.recorder = recorder ? &*recorder : nullptr;
  if (const std::string& why = plan.header.trace.refused; !why.empty() && !show.quiet) {
    std::fprintf(stderr, "no kernel traces: %s; verdicts rest on /proc alone\n",
                 safe_line(why).c_str());
  }
  bool opened = false;
  events.opened = [&] {
    opened = true;
    std::fprintf(stderr, "results: %s\n", plan.results.c_str());
  };
  auto outcome = run_session(plan, events);
  if (!outcome) {
    if (!opened) return complain(outcome.error());
    const int code = complain(outcome.error().as(ErrorKind::Infrastructure));
    std::fprintf(stderr, "what was recorded: hangrate report %s\n", plan.results.c_str());
    return code;
  }
  const int code = present(native_run(plan.header, std::move(outcome->cells)), show);
  if (!outcome->interrupted) return code;
  std::fprintf(stderr, "interrupted; %s\n",
               plan.results.empty()
                   ? "these are the results so far"
                   : ("go on with: hangrate run --resume " + plan.results).c_str());
  return kExitInterrupted;
}

}  // namespace hangrate
