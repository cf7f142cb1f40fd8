// SPDX-License-Identifier: GPL-2.0-or-later
//
// One scale for all rates: logarithmic, with a mark for 0 left of it, behind a break. A drawing per
// row of a table, so that the numbers beside it are text.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "harness/report/format.h"
#include "harness/report/html.h"
#include "harness/report/rounding.h"
#include "harness/report/safe_text.h"

namespace hangrate::html {

namespace {

constexpr double kWidth = 384;
constexpr double kZero = 12;    ///< where 0 is
constexpr double kBreak = 34;   ///< where the logarithms begin
constexpr double kRight = 358;  ///< where 1 is
constexpr int kDeepest = -9;    ///< decades below 1

class Scale {
 public:
  void cover(double rate) {
    if (rate <= 0) return;
    const int decade = static_cast<int>(std::floor(std::log10(rate) + 1e-9));
    lowest_ = std::clamp(decade, kDeepest, lowest_);
  }
  int lowest() const { return lowest_; }
  double at(double rate) const {
    if (rate <= 0) return kZero;
    const double share = 1.0 - std::log10(rate) / lowest_;
    return kBreak + (kRight - kBreak) * std::clamp(share, 0.0, 1.0);
  }
  bool below(double rate) const { return rate < std::pow(10.0, lowest_) * (1 - 1e-9); }

 private:
  int lowest_ = -1;
};

bool plotted(const CellSummary& cell) {
  return !rate_short(cell).empty();
}

bool clean(const CellSummary& cell) {
  return cell.estimate.hits == 0;
}

Scale scale_of(const RunResult& run) {
  Scale scale;
  for (const Row& row : run.rows) {
    for (const CellSummary& cell : row.summary.cells) {
      if (!plotted(cell)) continue;
      scale.cover(clean(cell) ? cell.judgement.excluded_rate : cell.estimate.point);
      // An interval learnt from few bursts may reach down to nothing; it gets an arrow instead.
      if (cell.estimate.interval.low > cell.estimate.point / 100) {
        scale.cover(cell.estimate.interval.low);
      }
    }
  }
  return scale;
}

std::string decade_lines(const Scale& scale, double height) {
  std::string text =
      fmt::format("<line class=\"zero\" x1=\"{0:.1f}\" y1=\"0\" x2=\"{0:.1f}\" y2=\"{1:.0f}\"/>",
                  kZero, height);
  for (int decade = scale.lowest(); decade <= 0; ++decade) {
    const double x = scale.at(std::pow(10.0, decade));
    text += fmt::format(
        "<line class=\"grid\" x1=\"{0:.1f}\" y1=\"0\" x2=\"{0:.1f}\" y2=\"{1:.0f}\"/>", x, height);
  }
  return text;
}

std::string axis(const Scale& scale) {
  std::string text = fmt::format(
      "<svg class=\"plot\" viewBox=\"0 0 {0:.0f} 22\" width=\"{0:.0f}\" height=\"22\" role=\"img\">"
      "<title>Scale of the rates</title><desc>0, then logarithmic from {1} % to 100 %</desc>"
      "<text x=\"{2:.1f}\" y=\"12\">0</text>",
      kWidth, percent(std::pow(10.0, scale.lowest())), kZero);
  double free = kRight + 30;
  for (int decade = 0; decade >= scale.lowest(); --decade) {
    const double rate = std::pow(10.0, decade);
    const std::string label = percent(rate) + " %";
    const double half = 3.4 * static_cast<double>(label.size());
    const double x = scale.at(rate);
    if (x + half > free || x - half < kZero + 8) continue;
    free = x - half - 6;
    text += fmt::format("<text x=\"{:.1f}\" y=\"12\">{}</text>", x, label);
  }
  return text + fmt::format("<path class=\"break\" d=\"M{0:.1f} 21l3 -6m2 6l3 -6\"/></svg>",
                            (kZero + kBreak) / 2 - 4);
}

std::string mark_of(const CellSummary& cell, const Scale& scale) {
  constexpr double y = 15;
  if (clean(cell)) {
    const double x = scale.at(cell.judgement.excluded_rate);
    return fmt::format(
        "<line class=\"bound\" x1=\"{0:.1f}\" y1=\"{2:.0f}\" x2=\"{1:.1f}\" y2=\"{2:.0f}\"/>"
        "<path class=\"open\" d=\"M{1:.1f} {3:.0f}l-9 5l9 5z\"/>",
        kZero, x, y, y - 5);
  }
  const Interval& interval = cell.estimate.interval;
  const double low = scale.below(interval.low) ? kBreak - 8 : scale.at(interval.low);
  const double high = scale.at(interval.high);
  std::string text = fmt::format(
      "<line class=\"interval\" x1=\"{:.1f}\" y1=\"{:.0f}\" x2=\"{:.1f}\" y2=\"{:.0f}\"/>", low, y,
      high, y);
  text += scale.below(interval.low)
              ? fmt::format("<path class=\"arrow\" d=\"M{:.1f} {:.0f}l6 -4v8z\"/>", low, y)
              : fmt::format(
                    "<line class=\"interval\" x1=\"{0:.1f}\" y1=\"10\" x2=\"{0:.1f}\" y2=\"20\"/>",
                    low);
  text += fmt::format(
      "<line class=\"interval\" x1=\"{0:.1f}\" y1=\"10\" x2=\"{0:.1f}\" y2=\"20\"/>", high);
  return text + fmt::format("<circle class=\"point\" cx=\"{:.1f}\" cy=\"{:.0f}\" r=\"4.5\"/>",
                            scale.at(cell.estimate.point), y);
}

std::string description(const CellSummary& cell) {
  if (clean(cell)) {
    return fmt::format("no hit in {}; rates from {} % up are excluded",
                       plural(cell.estimate.trials, "trial", "trials"),
                       upper_text(cell.judgement.excluded_rate, Unit::Percent));
  }
  return fmt::format("{} %, interval {} % to {} %", percent(cell.estimate.point),
                     lower_text(cell.estimate.interval.low, Unit::Percent),
                     upper_text(cell.estimate.interval.high, Unit::Percent));
}

std::string drawing(const CellSummary& cell, const Row& row, const Scale& scale) {
  return fmt::format(
      "<svg class=\"plot {1}\" viewBox=\"0 0 {0:.0f} 30\" width=\"{0:.0f}\" height=\"30\" "
      "role=\"img\"><title>{2} on {3}</title><desc>{4}</desc>{5}{6}</svg>",
      kWidth, verdict_class(cell), markup_line(cell_name(*cell.spec)), markup_line(row.label),
      description(cell), decade_lines(scale, 30), mark_of(cell, scale));
}

std::string interval_text(const CellSummary& cell) {
  return fmt::format("[{}, {}]", lower_text(cell.estimate.interval.low, Unit::Percent),
                     upper_text(cell.estimate.interval.high, Unit::Percent));
}

std::string forest_row(const Row& row, const CellSummary& cell, const std::string& target,
                       const Scale& scale) {
  std::string text = fmt::format("<tr><th scope=\"row\"><a href=\"#{}\">{}</a></th>", target,
                                 markup_line(row.label));
  if (plotted(cell)) {
    text +=
        fmt::format("<td>{}</td><td class=\"num\">{}</td><td class=\"num\">{}</td>",
                    drawing(cell, row, scale), markup_line(rate_short(cell)), interval_text(cell));
  } else {
    text += "<td class=\"quiet\">no rate</td><td></td><td></td>";
  }
  return text +
         fmt::format("<td class=\"num\">{}</td><td>{}</td></tr>\n", count_text(cell), badge(cell));
}

}  // namespace

std::string forest_plot(const RunResult& run, const Grid& grid) {
  const Scale scale = scale_of(run);
  std::string text = fmt::format(
      "<section aria-labelledby=\"rates\">\n<h2 id=\"rates\">Hit rates</h2>\n"
      "<p>Per trial, with {:g} % intervals, all on one scale. A dot is a rate that was seen, with "
      "its "
      "two-sided interval. An open triangle is a clean result: rates from there up are excluded "
      "(one-sided), what is left of it, down to 0, is not.</p>\n",
      100 * run.confidence);
  for (std::size_t column = 0; column < grid.columns.size(); ++column) {
    std::string rows;
    bool any = false;
    std::size_t number = 0;
    for (const Row& row : run.rows) {
      if (const CellSummary* cell = grid.cells[number][column]; cell != nullptr) {
        const auto index = static_cast<std::size_t>(cell - row.summary.cells.data());
        rows += forest_row(row, *cell, cell_id(number, index), scale);
        any = any || plotted(*cell);
      }
      ++number;
    }
    if (!any) continue;
    const std::string name = markup_line(grid.columns[column].name());
    text += scrolling(
        "Hit rates of " + grid.columns[column].name(),
        fmt::format("<table class=\"forest\">\n<caption>{}</caption>\n<thead><tr>"
                    "<th scope=\"col\">Kernel</th><th scope=\"col\" class=\"at-plot\">{}</th>"
                    "<th scope=\"col\" class=\"num at-rate\">Rate</th>"
                    "<th scope=\"col\" class=\"num at-interval\">Interval, %</th>"
                    "<th scope=\"col\" class=\"num at-count\">Hits/trials</th>"
                    "<th scope=\"col\" class=\"at-verdict\">Verdict</th></tr></thead>\n<tbody>\n{}"
                    "</tbody>\n</table>\n",
                    name, axis(scale), rows));
  }
  return text + "</section>\n";
}

}  // namespace hangrate::html
