// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/app/matrix_show.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>

#include "harness/base/file.h"
#include "harness/cli/drive.h"

namespace hangrate {

namespace {

struct Output {
  const char* option;
  std::string MatrixShow::*path;
  std::string (*text)(const MatrixSummary&);
};

constexpr Output kOutputs[] = {{"--json", &MatrixShow::json, matrix_json},
                               {"--html", &MatrixShow::html, matrix_html},
                               {"--markdown", &MatrixShow::markdown, matrix_markdown},
                               {"--junit", &MatrixShow::junit, matrix_junit}};

}  // namespace

void add_matrix_show_options(CLI::App& app, MatrixShow& show) {
  if (app.get_option_no_throw("--json") == nullptr) {
    app.add_option("--json", show.json, "Write the summary as JSON to this file, - for stdout");
    app.add_flag("--ktap", show.ktap, "Print KTAP instead of the table");
    app.add_flag("-q,--quiet", show.quiet, "Only the table");
    app.add_flag("--no-color,--no-colour", show.no_colour, "No colour even on a terminal");
  }
  app.add_option("--html", show.html, "Write one self-contained HTML file");
  app.add_option("--markdown", show.markdown, "Write Markdown, e.g. for a CI job summary");
  app.add_option("--junit", show.junit, "Write JUnit XML");
}

Result<void> check_matrix_show(const MatrixShow& show) {
  int on_stdout = show.ktap ? 1 : 0;
  for (const Output& output : kOutputs) {
    const std::string& path = show.*output.path;
    HR_TRY(check_output_path(output.option, path));
    on_stdout += path == "-" ? 1 : 0;
  }
  if (on_stdout > 1) return fail(Error::usage("only one format can go to stdout"));
  return {};
}

int present_matrix(const MatrixSummary& matrix, const MatrixShow& show) {
  bool stdout_taken = show.ktap;
  if (show.ktap) std::fputs(matrix_ktap(matrix).c_str(), stdout);
  for (const Output& output : kOutputs) {
    const std::string& path = show.*output.path;
    if (path.empty()) continue;
    const std::string text = output.text(matrix);
    if (path == "-") {
      stdout_taken = true;
      std::fputs(text.c_str(), stdout);
    } else if (const auto written = write_file_atomically(path, text); !written) {
      complain(written.error());
      return 3;
    }
  }
  FILE* out = stdout_taken ? stderr : stdout;
  std::fputs(matrix_text(matrix, colour_wanted(out, show.no_colour)).c_str(), out);
  return finish_stdout(matrix.exit_code);
}

}  // namespace hangrate
