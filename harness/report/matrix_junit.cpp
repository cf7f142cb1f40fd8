// SPDX-License-Identifier: GPL-2.0-or-later
//
// JUnit XML as Jenkins' junit-10.xsd has it, which GitLab and the actions for GitHub read too:
// failure = not as expected, error = the machine or the evidence failed, skipped = could not run or
// too few trials to say.
#include <fmt/format.h>

#include "harness/report/format.h"
#include "harness/report/load_text.h"
#include "harness/report/matrix_grid.h"
#include "harness/report/proof.h"
#include "harness/report/safe_text.h"

namespace hangrate {

namespace {

struct Counts {
  int tests = 0;
  int failures = 0;
  int errors = 0;
  int skipped = 0;
  double seconds = 0;
  void add(const Counts& other) {
    tests += other.tests;
    failures += other.failures;
    errors += other.errors;
    skipped += other.skipped;
    seconds += other.seconds;
  }
  std::string attributes() const {
    return fmt::format(R"(tests="{}" failures="{}" errors="{}" skipped="{}" time="{:.3f}")", tests,
                       failures, errors, skipped, seconds);
  }
};

struct Suite {
  Counts counts;
  std::string cases;
};

std::string property(const std::string& name, const std::string& value) {
  if (value.empty()) return "";
  return fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", name, markup_line(value));
}

std::string properties(const MatrixRow& row) {
  const Environment& e = row.header.environment;
  const KernelIdentity& kernel = row.summary.kernel;
  const std::string base = kernel.base ? to_string(*kernel.base) : "";
  return "    <properties>\n" + property("spec", row.spec) + property("label", row.label) +
         property("kernel.release", e.release) + property("kernel.version", e.version) +
         property("kernel.upstream", kernel.certainty == Certainty::Exact ? base : "") +
         property("kernel.base", base) +
         property("kernel.certainty", certainty_name(kernel.certainty)) +
         property("kernel.preempt", e.preempt.active) +
         property("kernel.build_note", e.build_note) +
         property("kernel.cmdline", e.cmdline.empty() ? row.cmdline : e.cmdline) +
         property("guest.cpus", std::to_string(row.cpus)) +
         property("guest.memory_mib", std::to_string(row.memory_mib)) +
         property("guest.accel", row.accel) + property("boots", std::to_string(row.boots.size())) +
         property("repeat", row.repeat) + "    </properties>\n";
}

std::string system_out(const CellSummary& cell) {
  std::string text =
      fmt::format("{}\n{} of conclusive trials showed the bug, rate {}, {}\n", cell.explanation,
                  count_text(cell), rate_text(cell), cell_verdict_name(cell.judgement.verdict));
  for (const std::string& line :
       {expectation_text(cell), boots_text(cell), bias_text(cell), search_text(cell)}) {
    if (!line.empty()) text += line + "\n";
  }
  for (const Proof& proof : proofs_of(cell)) {
    text += fmt::format("{} x {}, first in trial {}\n", proof.count, proof.kind, proof.first_trial);
    for (const std::string& line : proof_lines(proof)) text += "    " + line + "\n";
    for (const VictimStack& victim : proof.victims) {
      text += "    " + victim.who + "\n";
      for (const std::string& frame : victim.frames) text += "      " + frame + "\n";
    }
  }
  for (const Measurement& row : cell.result->measurements()) {
    text += fmt::format("{} = {} {}\n", row.name, row.value, row.unit);
  }
  return markup(text);
}

std::string result_of(const char* element, const CellSummary& cell) {
  return fmt::format("      <{0} type=\"{1}\" message=\"{2}\">{2}</{0}>\n", element,
                     cell_verdict_name(cell.judgement.verdict), markup_line(cell.explanation));
}

void add_cell(Suite& suite, const MatrixRow& row, const CellSummary& cell,
              const MatrixColumn& column) {
  const double seconds = to_seconds(cell.result->elapsed());
  Counts counts{.tests = 1, .seconds = seconds};
  std::string result;
  switch (cell.code) {
    case 0:
      if (cell.judgement.verdict != CellVerdict::Weak) break;
      [[fallthrough]];
    case 4:
      counts.skipped = 1;
      result = fmt::format("      <skipped message=\"{}\"/>\n", markup_line(cell.explanation));
      break;
    case 1:
      counts.failures = 1;
      result = result_of("failure", cell);
      break;
    default:
      counts.errors = 1;
      result = result_of("error", cell);
  }
  suite.counts.add(counts);
  suite.cases += fmt::format(
      "    <testcase classname=\"{}.{}\" name=\"{}\" time=\"{:.3f}\">\n{}"
      "      <system-out>{}</system-out>\n    </testcase>\n",
      markup_line(row.id), markup_line(column.repro), markup_line(column.variant), seconds, result,
      system_out(cell));
}

void add_trouble(Suite& suite, const MatrixRow& row) {
  const std::string trouble = trouble_of(row);
  if (trouble.empty()) return;
  suite.counts.add({.tests = 1, .errors = 1});
  suite.cases += fmt::format(
      "    <testcase classname=\"{0}\" name=\"results\" time=\"0.000\">\n"
      "      <error type=\"trouble\" message=\"{1}\">{1}</error>\n    </testcase>\n",
      markup_line(row.id), markup_line(trouble));
}

/// A lost guest or what a kernel said of itself: no cell of its row may have noticed.
void add_alarm(Suite& suite, const MatrixRow& row, const RowAlarm& alarm) {
  const bool failure = alarm.exit_code == 1;
  suite.counts.add({.tests = 1, .failures = failure ? 1 : 0, .errors = failure ? 0 : 1});
  suite.cases += fmt::format(
      "    <testcase classname=\"{0}\" name=\"{1}\" time=\"0.000\">\n"
      "      <{2} type=\"guest\" message=\"{3}\">{3}</{2}>\n    </testcase>\n",
      markup_line(row.id), markup_line(alarm.name), failure ? "failure" : "error",
      markup_line(alarm.text));
}

std::string system_err(const MatrixRow& row) {
  std::string text;
  for (const std::string& flaw : row.flaws) text += "the results are not whole: " + flaw + "\n";
  for (const std::string& note : row.notes) text += "note: " + note + "\n";
  if (const std::string load = load_note(row); !load.empty()) text += "note: " + load + "\n";
  for (const BootFact& boot : row.boots) {
    if (!guest_died(boot) && boot.why.empty() && boot.findings.empty()) continue;
    text += boot_sentence(boot) + "\n";
    for (const ConsoleFinding& finding : boot.findings) {
      text += finding.kind + ":\n";
      for (const std::string& line : finding.lines) text += "    " + line + "\n";
    }
  }
  return text.empty() ? "" : "    <system-err>" + markup(text) + "</system-err>\n";
}

}  // namespace

std::string matrix_junit(const MatrixSummary& matrix) {
  const MatrixGrid grid = grid_of(matrix);
  Counts total;
  std::string suites;
  std::size_t number = 0;
  for (const MatrixRow& row : matrix.rows) {
    Suite suite;
    const auto& cells = grid.cells[number++];
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (cells[i] != nullptr) add_cell(suite, row, *cells[i], grid.columns[i]);
    }
    for (const RowAlarm& alarm : row.alarms) add_alarm(suite, row, alarm);
    add_trouble(suite, row);
    total.add(suite.counts);
    const std::string& started = row.header.started.empty() ? matrix.started : row.header.started;
    suites += fmt::format("  <testsuite name=\"{}\" timestamp=\"{}\" {}>\n{}{}{}  </testsuite>\n",
                          markup_line(row.id), markup_line(started), suite.counts.attributes(),
                          properties(row), suite.cases, system_err(row));
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"hangrate\" {}>\n{}"
      "</testsuites>\n",
      total.attributes(), suites);
}

}  // namespace hangrate
