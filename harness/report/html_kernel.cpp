// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include <fmt/format.h>

#include "harness/report/format.h"
#include "harness/report/html.h"
#include "harness/report/load_text.h"
#include "harness/report/safe_text.h"

namespace hangrate::html {

namespace {

std::string code(const std::string& text) {
  return "<code>" + markup_line(text) + "</code>";
}

std::string preemption(const PreemptModel& preempt) {
  if (preempt.active.empty()) return "";
  std::string text = markup_line(preempt.active);
  if (!preempt.build.empty()) text += ", built as " + markup_line(preempt.build);
  if (!preempt.source.empty()) text += ", read from " + code(preempt.source);
  return text;
}

std::string size_text(const Row& row) {
  std::string text;
  if (row.cpus > 0) text = plural(static_cast<std::uint64_t>(row.cpus), "CPU", "CPUs");
  if (row.memory_mib > 0) text += fmt::format("{}{} MiB", text.empty() ? "" : ", ", row.memory_mib);
  return text;
}

/// What is not there to see with, and how to get it.
std::string missing_sources(const Environment& environment) {
  std::string text;
  for (const Capability& capability : environment.capabilities) {
    if (capability.works) continue;
    text += (text.empty() ? "" : "; ") + markup_line(capability.name);
    if (!capability.detail.empty()) text += ": " + markup_line(capability.detail);
    if (!capability.remedy.empty()) text += " (" + markup_line(capability.remedy) + ")";
  }
  return text;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string environment(const Row& row) {
  const Environment& e = row.header.environment;
  std::string upstream = to_string(row.summary.kernel);
  if (upstream == e.release) upstream.clear();
  return "<h4>Environment</h4>\n<dl class=\"facts\">\n" + fact("Release", code(e.release)) +
         fact("Upstream", upstream) + fact("Build note", markup_line(e.build_note)) +
         fact("Source", code(row.spec)) + fact("Guest", size_text(row)) +
         fact("Acceleration", markup_line(row.accel)) + fact("Machine", markup_line(e.machine)) +
         fact("Added to the command line", code(row.cmdline)) +
         wide_fact("Added to QEMU", code(joined(row.qemu))) +
         wide_fact("Version", code(e.version)) + wide_fact("Preemption", preemption(e.preempt)) +
         wide_fact("Command line", code(e.cmdline)) +
         wide_fact("Evidence not available", missing_sources(e)) +
         wide_fact("Ran in the guest", code(joined(row.header.argv))) +
         wide_fact("To repeat", code(row.repeat)) + "</dl>\n";
}

std::string findings(const Boot& boot) {
  std::string text;
  for (const ConsoleFinding& finding : boot.findings) {
    std::string lines;
    for (const std::string& line : finding.lines) lines += markup_line(line) + "\n";
    text += fmt::format(
        "<details open>\n<summary>Boot {}, console: {}</summary>\n<pre tabindex=\"0\">{}</pre>\n"
        "</details>\n",
        boot.number, markup_line(finding.kind), lines);
  }
  return text;
}

std::string boots(const Row& row) {
  if (row.boots.empty()) return "";
  std::string table =
      "<table class=\"boots\">\n<caption>Starts of the guest</caption>\n<thead><tr>"
      "<th scope=\"col\">Boot</th><th scope=\"col\">End</th><th scope=\"col\">Why</th>"
      "<th scope=\"col\" class=\"num\">To the first word, s</th>"
      "<th scope=\"col\" class=\"num\">In all, s</th><th scope=\"col\">Load of the host</th>"
      "<th scope=\"col\">Folder</th></tr></thead>\n"
      "<tbody>\n";
  std::string consoles;
  for (const Boot& boot : row.boots) {
    const std::string end = guest_died(boot) ? std::string("<span class=\"badge v-unknown\">") +
                                                   end_name(boot.end) + "</span>"
                                             : std::string(end_name(boot.end));
    table += fmt::format(
        "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td class=\"num\">{:.1f}</td>"
        "<td class=\"num\">{:.1f}</td><td>{}</td><td>{}</td></tr>\n",
        boot.number, end, markup_line(boot.why), to_seconds(boot.boot_time),
        to_seconds(boot.total_time), markup_line(load_text(boot.load)), code(boot.folder));
    consoles += findings(boot);
  }
  return "<h4>Boots</h4>\n" + scrolling("Boots", table + "</tbody>\n</table>\n") + consoles;
}

std::string notes(const Row& row) {
  std::string text;
  for (const std::string& flaw : row.flaws) {
    text += "<p class=\"alert\"><strong>The results are not whole.</strong> " + markup_line(flaw) +
            "</p>\n";
  }
  if (row.notes.empty()) return text;
  text += "<h4>Notes</h4>\n<ul>\n";
  for (const std::string& note : row.notes) text += "<li>" + markup_line(note) + "</li>\n";
  return text + "</ul>\n";
}

bool control_broken(const Row& row) {
  return std::any_of(
      row.summary.cells.begin(), row.summary.cells.end(),
      [](const CellSummary& cell) { return cell.judgement.verdict == CellVerdict::ControlBroken; });
}

}  // namespace

std::string kernel_section(const Row& row, std::size_t number) {
  const std::string id = row_id(number);
  std::string text = fmt::format(
      "<section class=\"kernel\" id=\"{0}\" aria-labelledby=\"{0}-name\">\n"
      "<h3 id=\"{0}-name\">{1} {2}</h3>\n",
      id, markup_line(row.label), badge(row.summary.exit_code));
  const std::string trouble = trouble_of(row);
  if (!trouble.empty()) {
    text += "<p class=\"alert\"><strong>No results.</strong> " + markup_line(trouble) + "</p>\n";
  }
  if (control_broken(row)) {
    text +=
        "<p class=\"alert\"><strong>A control is broken.</strong> Believe no other result of this "
        "kernel until it is understood.</p>\n";
  }
  text += notes(row) + environment(row) + boots(row);
  if (!row.summary.cells.empty()) text += "<h4>Results</h4>\n";
  for (std::size_t i = 0; i < row.summary.cells.size(); ++i) text += cell_article(row, number, i);
  return text + "</section>\n";
}

}  // namespace hangrate::html
