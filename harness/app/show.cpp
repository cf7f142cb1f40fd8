// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/app/show.h"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "harness/app/drive.h"
#include "harness/app/exit_codes.h"
#include "harness/base/file.h"

namespace hangrate {

namespace {

/// The one table of reports that can go to a file.
struct Format {
  const char* option;
  const char* help;
  std::string Show::*path;
  std::string (*text)(const RunResult&);
};

constexpr Format kFormats[] = {
    {"--json", "Write the summary as JSON to this file, - for stdout", &Show::json, json_report},
    {"--html", "Write one self-contained HTML file", &Show::html, html_report},
    {"--markdown", "Write Markdown, e.g. for a CI job summary", &Show::markdown, markdown_report},
    {"--junit", "Write JUnit XML", &Show::junit, junit_report}};

Result<void> write_report(const std::string& path, const std::string& text) {
  if (path != "-") return write_file_atomically(path, text);
  std::fputs(text.c_str(), stdout);
  return {};
}

bool takes_stdout(const Show& show) {
  return std::any_of(std::begin(kFormats), std::end(kFormats),
                     [&](const Format& format) { return show.*format.path == "-"; });
}

}  // namespace

void add_show_options(CLI::App& app, Show& show) {
  for (const Format& format : kFormats) {
    app.add_option(format.option, show.*format.path, format.help);
  }
  app.add_flag("--ktap", show.ktap, "Print KTAP instead of the table");
  app.add_flag("-q,--quiet", show.quiet, "No progress, no proofs");
  app.add_flag("--no-color,--no-colour", show.no_colour, "No colour even on a terminal");
}

Result<void> check_show(const Show& show) {
  int on_stdout = show.ktap ? 1 : 0;
  for (const Format& format : kFormats) {
    const std::string& path = show.*format.path;
    HR_TRY(check_output_path(format.option, path));
    on_stdout += path == "-" ? 1 : 0;
  }
  if (on_stdout > 1) return fail(Error::usage("only one format can go to stdout"));
  return {};
}

int present(const RunResult& run, const Show& show) {
  FILE* out = takes_stdout(show) ? stderr : stdout;
  const std::string text =
      show.ktap
          ? ktap_report(run)
          : text_report(run, {.colour = colour_wanted(out, show.no_colour), .proofs = !show.quiet});
  std::fputs(text.c_str(), out);
  for (const Format& format : kFormats) {
    const std::string& path = show.*format.path;
    if (path.empty()) continue;
    if (const auto written = write_report(path, format.text(run)); !written) {
      complain(written.error());
      return kExitInfrastructure;
    }
  }
  return finish_stdout(run.exit_code);
}

}  // namespace hangrate
