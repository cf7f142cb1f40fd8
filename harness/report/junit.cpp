// SPDX-License-Identifier: GPL-2.0-or-later
//
// JUnit XML as Jenkins' junit-10.xsd has it (results/schema), which GitLab and the actions for
// GitHub read too: failure = not as expected, error = the machine or the evidence failed, skipped =
// could not run or too few trials to say.
#include <pugixml.hpp>
#include <sstream>

#include <fmt/format.h>

#include "harness/report/format.h"
#include "harness/report/grid.h"
#include "harness/report/load_text.h"
#include "harness/report/proof.h"
#include "harness/report/safe_text.h"

namespace hangrate {

namespace {

using Node = pugi::xml_node;

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
};

/// pugixml escapes; which characters there may be at all is ours to see to.
void set(Node node, const char* name, const std::string& value) {
  node.append_attribute(name) = safe_line(value).c_str();
}

void set_time(Node node, double seconds) {
  set(node, "time", fmt::format("{:.3f}", seconds));
}

void add_text(Node parent, const char* name, const std::string& text) {
  parent.append_child(name).text() = safe_text(text).c_str();
}

/// The schema knows how many were skipped of a suite only, not of the whole.
void set_counts(Node node, const Counts& counts, bool of_suite) {
  node.append_attribute("tests") = counts.tests;
  node.append_attribute("failures") = counts.failures;
  node.append_attribute("errors") = counts.errors;
  if (of_suite) node.append_attribute("skipped") = counts.skipped;
  set_time(node, counts.seconds);
}

void add_property(Node parent, const char* name, const std::string& value) {
  if (value.empty()) return;
  Node property = parent.append_child("property");
  set(property, "name", name);
  set(property, "value", value);
}

void add_properties(Node suite, const Row& row) {
  const Environment& e = row.header.environment;
  const KernelIdentity& kernel = row.summary.kernel;
  const std::string base = kernel.base ? to_string(*kernel.base) : "";
  Node all = suite.append_child("properties");
  add_property(all, "spec", row.spec);
  add_property(all, "label", row.label);
  add_property(all, "kernel.release", e.release);
  add_property(all, "kernel.version", e.version);
  add_property(all, "kernel.upstream", kernel.certainty == Certainty::Exact ? base : "");
  add_property(all, "kernel.base", base);
  add_property(all, "kernel.certainty", certainty_name(kernel.certainty));
  add_property(all, "kernel.preempt", e.preempt.active);
  add_property(all, "kernel.build_note", e.build_note);
  add_property(all, "kernel.cmdline", e.cmdline.empty() ? row.cmdline : e.cmdline);
  add_property(all, "guest.cpus", std::to_string(row.cpus));
  add_property(all, "guest.memory_mib", std::to_string(row.memory_mib));
  add_property(all, "guest.accel", row.accel);
  add_property(all, "boots", std::to_string(row.boots.size()));
  add_property(all, "repeat", row.repeat);
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
  return text;
}

Node add_case(Node suite, const std::string& classname, const std::string& name, double seconds) {
  Node test = suite.append_child("testcase");
  set(test, "classname", classname);
  set(test, "name", name);
  set_time(test, seconds);
  return test;
}

/// `element`: failure, error or skipped.
void add_result(Node test, const char* element, const std::string& type, const std::string& text) {
  Node result = test.append_child(element);
  if (!type.empty()) set(result, "type", type);
  set(result, "message", text);
  if (!type.empty()) result.text() = safe_line(text).c_str();
}

Counts add_cell(Node suite, const Row& row, const CellSummary& cell, const Column& column) {
  Counts counts{.tests = 1, .seconds = to_seconds(cell.result->elapsed())};
  Node test = add_case(suite, row.id + "." + column.repro, column.variant, counts.seconds);
  const std::string verdict = cell_verdict_name(cell.judgement.verdict);
  switch (cell.code) {
    case 0:
      if (cell.judgement.verdict != CellVerdict::Weak) break;
      [[fallthrough]];
    case 4:
      counts.skipped = 1;
      add_result(test, "skipped", "", cell.explanation);
      break;
    case 1:
      counts.failures = 1;
      add_result(test, "failure", verdict, cell.explanation);
      break;
    default:
      counts.errors = 1;
      add_result(test, "error", verdict, cell.explanation);
  }
  add_text(test, "system-out", system_out(cell));
  return counts;
}

Counts add_trouble(Node suite, const Row& row) {
  const std::string trouble = trouble_of(row);
  if (trouble.empty()) return {};
  add_result(add_case(suite, row.id, "results", 0), "error", "trouble", trouble);
  return {.tests = 1, .errors = 1};
}

/// A lost guest or what a kernel said of itself: no cell of its row may have noticed.
Counts add_alarm(Node suite, const Row& row, const RowAlarm& alarm) {
  const bool failure = alarm.exit_code == 1;
  add_result(add_case(suite, row.id, alarm.name, 0), failure ? "failure" : "error", "guest",
             alarm.text);
  return {.tests = 1, .failures = failure ? 1 : 0, .errors = failure ? 0 : 1};
}

std::string system_err(const Row& row) {
  std::string text;
  for (const std::string& flaw : row.flaws) text += "the results are not whole: " + flaw + "\n";
  for (const std::string& note : row.notes) text += "note: " + note + "\n";
  if (const std::string load = load_note(row); !load.empty()) text += "note: " + load + "\n";
  for (const Boot& boot : row.boots) {
    if (!guest_died(boot) && boot.why.empty() && boot.findings.empty()) continue;
    text += boot_sentence(boot) + "\n";
    for (const ConsoleFinding& finding : boot.findings) {
      text += finding.kind + ":\n";
      for (const std::string& line : finding.lines) text += "    " + line + "\n";
    }
  }
  return text;
}

Counts add_suite(Node root, const Row& row, const std::string& started, const Grid& grid,
                 std::size_t number) {
  Node suite = root.append_child("testsuite");
  set(suite, "name", row.id);
  set(suite, "timestamp", started);
  add_properties(suite, row);
  Counts counts;
  const auto& cells = grid.cells[number];
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (cells[i] != nullptr) counts.add(add_cell(suite, row, *cells[i], grid.columns[i]));
  }
  for (const RowAlarm& alarm : row.alarms) counts.add(add_alarm(suite, row, alarm));
  counts.add(add_trouble(suite, row));
  if (const std::string text = system_err(row); !text.empty()) add_text(suite, "system-err", text);
  set_counts(suite, counts, true);
  return counts;
}

}  // namespace

std::string junit_report(const RunResult& run) {
  const Grid grid = grid_of(run);
  pugi::xml_document document;
  Node declaration = document.append_child(pugi::node_declaration);
  declaration.append_attribute("version") = "1.0";
  declaration.append_attribute("encoding") = "UTF-8";
  Node root = document.append_child("testsuites");
  root.append_attribute("name") = "hangrate";
  Counts total;
  std::size_t number = 0;
  for (const Row& row : run.rows) {
    const std::string& started = row.header.started.empty() ? run.started : row.header.started;
    total.add(add_suite(root, row, started, grid, number++));
  }
  set_counts(root, total, false);
  std::ostringstream text;
  document.save(text, "  ");
  return text.str();
}

}  // namespace hangrate
