// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include <fmt/format.h>

#include "harness/report/format.h"
#include "harness/report/html.h"
#include "harness/report/safe_text.h"

namespace hangrate::html {

namespace {

/// Two header rows: a reproducer over its variants.
std::string table_head(const Grid& grid) {
  std::string repros = "<tr><th scope=\"col\" rowspan=\"2\">Kernel</th>";
  std::string variants = "<tr>";
  for (std::size_t i = 0; i < grid.columns.size();) {
    std::size_t end = i;
    while (end < grid.columns.size() && grid.columns[end].repro == grid.columns[i].repro) {
      variants += fmt::format("<th scope=\"col\" class=\"{}\">{}</th>", end == i ? "first" : "",
                              markup_line(grid.columns[end].variant));
      ++end;
    }
    repros += fmt::format("<th scope=\"colgroup\" class=\"first\" colspan=\"{}\">{}</th>", end - i,
                          markup_line(grid.columns[i].repro));
    i = end;
  }
  return "<thead>\n" + repros + "</tr>\n" + variants + "</tr>\n</thead>\n";
}

std::string count_of(const CellSummary& cell) {
  const Tally& tally = cell.result->tally();
  if (tally.conclusive() == 0) return "";
  return has_rate(cell) ? count_text(cell) : plural(tally.conclusive(), "trial", "trials");
}

std::string heat_cell(const CellSummary& cell, const std::string& target) {
  const std::string rate = rate_short(cell);
  const std::string count = count_of(cell);
  std::string text = fmt::format("<td class=\"{}\"><a href=\"#{}\">", verdict_class(cell), target);
  if (!rate.empty()) text += "<span class=\"rate\">" + markup_line(rate) + "</span> ";
  if (!count.empty()) text += "<span class=\"count\">" + count + "</span> ";
  return text + badge(cell) + "</a></td>";
}

std::string heat_row(const Row& row, std::size_t number,
                     const std::vector<const CellSummary*>& cells) {
  std::string text = fmt::format("<tr><th scope=\"row\"><a href=\"#{}\">{}</a></th>",
                                 row_id(number), markup_line(row.label));
  if (row.summary.cells.empty()) {
    return text + fmt::format(
                      "<td class=\"v-unknown\" colspan=\"{}\"><a href=\"#{}\">"
                      "<span class=\"badge v-unknown\"><span aria-hidden=\"true\">?</span> no "
                      "results</span> {}</a></td></tr>\n",
                      std::max<std::size_t>(cells.size(), 1), row_id(number),
                      markup_line(trouble_of(row)));
  }
  for (const CellSummary* cell : cells) {
    if (cell == nullptr) {
      text += "<td class=\"none\"><span class=\"unseen\">not run</span></td>";
      continue;
    }
    const auto index = static_cast<std::size_t>(cell - row.summary.cells.data());
    text += heat_cell(*cell, cell_id(number, index));
  }
  return text + "</tr>\n";
}

}  // namespace

std::string heat_map(const RunResult& run, const Grid& grid) {
  const std::string reading = fmt::format(
      "<p>Hit rate per trial, hits of conclusive trials, verdict. <q>&lt;</q> is the rate a clean "
      "result excludes with {:g} %. Each cell leads to its evidence.</p>\n",
      100 * run.confidence);
  std::string table =
      "<table class=\"heat\">\n<caption>Results</caption>\n" + table_head(grid) + "<tbody>\n";
  std::size_t number = 0;
  for (const Row& row : run.rows) {
    table += heat_row(row, number, grid.cells[number]);
    ++number;
  }
  return "<section aria-labelledby=\"overview\">\n<h2 id=\"overview\">Kernels and "
         "reproducers</h2>\n" +
         reading + scrolling("Results by kernel and reproducer", table + "</tbody>\n</table>\n") +
         "</section>\n";
}

}  // namespace hangrate::html
