// SPDX-License-Identifier: GPL-2.0-or-later
//
// The page around the parts of html.h. The policy in its head forbids scripts and loading
// anything, so that a text which got through the escaping could still do nothing.
#include "harness/report/html.h"

#include <fmt/format.h>

#include "harness/report/format.h"
#include "harness/report/row_alarms.h"
#include "harness/report/safe_text.h"

namespace hangrate {

namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string head(const RunResult& run) {
  return html::page_head(run.version, fmt::format("hangrate: {}, {}", exit_words(run.exit_code),
                                                  plural(run.rows.size(), "kernel", "kernels")));
}

std::string banner(const RunResult& run) {
  std::string text = fmt::format(
      "<header>\n<h1><span class=\"name\">hangrate</span> {}</h1>\n<p "
      "id=\"headline\">{}.</p>\n",
      html::badge(run.exit_code), markup_line(headline(run)));
  if (const auto worst = worst_of(run)) {
    const std::string target =
        worst->cell ? html::cell_id(worst->row, *worst->cell) : html::row_id(worst->row);
    text += fmt::format("<p class=\"worst\"><a href=\"#{}\">{}</a></p>\n", target,
                        markup_line(worst_sentence(run)));
  }
  text += "<dl class=\"facts\">\n";
  text += html::fact("Started", markup_line(run.started));
  text += html::fact("hangrate", markup_line(run.version));
  text += html::fact("Confidence", fmt::format("{:g} %", 100 * run.confidence));
  text += html::fact("Exit code", fmt::format("{}, {}", run.exit_code, exit_words(run.exit_code)));
  text += html::wide_fact("Command", "<code>" + markup_line(joined(run.argv)) + "</code>");
  return text + "</dl>\n</header>\n";
}

std::string attention_of(const Row& row, std::size_t number) {
  const std::string kernel =
      fmt::format("<a href=\"#{}\">{}</a>", html::row_id(number), markup_line(row.label));
  std::string items;
  const std::string trouble = trouble_of(row);
  if (!trouble.empty()) {
    items += fmt::format("<li>{} {}: {}</li>\n", html::badge(3), kernel, markup_line(trouble));
  }
  for (const std::string& flaw : row.flaws) {
    items += fmt::format("<li>{} {}, the results are not whole: {}</li>\n", html::badge(3), kernel,
                         markup_line(flaw));
  }
  for (std::size_t i = 0; i < row.summary.cells.size(); ++i) {
    const CellSummary& cell = row.summary.cells[i];
    const int code = cell.code;
    if (code != 1 && code != 3) continue;
    items += fmt::format("<li>{} {}, <a href=\"#{}\">{}</a>: {}</li>\n", html::badge(cell), kernel,
                         html::cell_id(number, i), markup_line(cell_name(*cell.spec)),
                         markup_line(cell.explanation));
  }
  for (const Boot& boot : row.boots) {
    if (guest_died(boot)) {
      items += fmt::format("<li><span class=\"badge v-unknown\">guest died</span> {}, {}</li>\n",
                           kernel, markup_line(boot_sentence(boot)));
    }
    for (const ConsoleFinding& finding : boot.findings) {
      if (told_by_end(boot, finding)) continue;
      const RowAlarm* alarm = alarm_of(row, boot, finding);
      items += fmt::format("<li><span class=\"badge {}\">console</span> {}, boot {}, {}{}</li>\n",
                           alarm != nullptr ? html::exit_class(alarm->exit_code) : "v-weak", kernel,
                           boot.number, markup_line(finding_sentence(finding)), effect_of(alarm));
    }
  }
  return items;
}

/// Everything somebody has to look at, in one place.
std::string attention(const RunResult& run) {
  std::string items;
  std::size_t number = 0;
  for (const Row& row : run.rows) items += attention_of(row, number++);
  if (items.empty()) items = "<li>Nothing: no result is unexpected and no guest had news.</li>\n";
  return "<section aria-labelledby=\"attention\">\n<h2 id=\"attention\">Needs a look</h2>\n"
         "<ul class=\"attention\">\n" +
         items + "</ul>\n</section>\n";
}

constexpr const char* kContents = R"(<nav aria-label="Contents">
<a href="#attention">Needs a look</a>
<a href="#overview">Kernels and reproducers</a>
<a href="#rates">Hit rates</a>
<a href="#kernels">Kernel by kernel</a>
<a href="#reading">How to read this</a>
</nav>
)";

constexpr const char* kReading = R"(<section aria-labelledby="reading">
<h2 id="reading">How to read this</h2>
<p>A hit is a hang that was proven from kernel state: the invariant of the reproducer broken, every victim
asleep in the same place in two looks without a context switch in between, and the stack of this bug. A
timeout alone never counts. A rate is hits per conclusive trial with its exact interval; where hits come in
bursts or boots differ, the interval counts bursts or boots and is wider. A clean result is as strong as the
rate it excludes. Trials that were skipped, lost with their machine, failed before they could tell or could
not be judged are in no rate.</p>
)";

}  // namespace

std::string html_report(const RunResult& run) {
  const Grid grid = grid_of(run);
  std::string text =
      head(run) + "<body>\n<a class=\"skip\" href=\"#main\">Skip to the results</a>\n" +
      banner(run) + kContents + "<main id=\"main\">\n" + attention(run) +
      html::heat_map(run, grid) + html::forest_plot(run, grid) +
      "<section aria-labelledby=\"kernels\">\n<h2 id=\"kernels\">Kernel by kernel</h2>\n";
  std::size_t number = 0;
  for (const Row& row : run.rows) text += html::kernel_section(row, number++);
  text += "</section>\n" + std::string(kReading) + html::legend() + "</section>\n</main>\n";
  return text + html::page_foot(run.version);
}

}  // namespace hangrate
