// SPDX-License-Identifier: GPL-2.0-or-later
//
// A wait-for graph as inline SVG. Who waits points to what it waits for, who could release points
// there too, dashed. What goes back to the left goes below the boxes.
#include <algorithm>

#include <fmt/format.h>

#include "harness/report/html.h"
#include "harness/report/safe_text.h"
#include "harness/report/wait_drawing.h"

namespace hangrate::html {

namespace {

constexpr double kBoxWidth = 196;
constexpr double kBoxHeight = 44;
constexpr double kColumn = 252;  ///< from one to the next
constexpr double kRow = 74;
constexpr double kMargin = 8;
constexpr std::size_t kLetters = 25;  ///< that fit into a box

struct Point {
  double x = 0;
  double y = 0;
};

/// The first letters of one line; a letter of UTF-8 may have several bytes.
std::string clipped(const std::string& text) {
  const std::string line = safe_line(text);
  std::size_t letters = 0;
  for (std::size_t at = 0; at < line.size(); ++at) {
    const bool begins = (static_cast<unsigned char>(line[at]) & 0xc0) != 0x80;
    if (begins && letters++ == kLetters) return line.substr(0, at) + "…";
  }
  return line;
}

Point corner_of(const DrawnNode& node) {
  return {kMargin + kColumn * static_cast<double>(node.column),
          kMargin + kRow * static_cast<double>(node.row)};
}

std::string box_of(const DrawnNode& node) {
  const Point at = corner_of(node);
  const char* kind = !node.task ? "object" : node.member ? "task" : "other";
  std::string text = fmt::format(
      "<g><title>{}</title><rect class=\"{}\" x=\"{:.0f}\" y=\"{:.0f}\" width=\"{:.0f}\" "
      "height=\"{:.0f}\" rx=\"{}\"/>",
      markup_line(node.name + (node.detail.empty() ? "" : ": " + node.detail)), kind, at.x, at.y,
      kBoxWidth, kBoxHeight, node.task ? 4 : 20);
  const double first = at.y + (node.detail.empty() ? 27 : 19);
  text += fmt::format("<text x=\"{:.0f}\" y=\"{:.0f}\">{}</text>", at.x + kBoxWidth / 2, first,
                      markup_line(clipped(node.name)));
  if (!node.detail.empty()) {
    text += fmt::format("<text class=\"detail\" x=\"{:.0f}\" y=\"{:.0f}\">{}</text>",
                        at.x + kBoxWidth / 2, at.y + 36, markup_line(clipped(node.detail)));
  }
  return text + "</g>";
}

/// Between neighbours: from side to side.
std::string straight(Point from, Point to, const char* kind) {
  const double direction = to.x > from.x ? 1 : -1;
  const double middle = (from.x + to.x) / 2;
  return fmt::format(
      "<path class=\"{0}\" d=\"M{1:.0f} {2:.0f}C{3:.0f} {2:.0f} {3:.0f} {5:.0f} {4:.0f} {5:.0f}\"/>"
      "<path class=\"head\" d=\"M{4:.0f} {5:.0f}l{6:.0f} -4v8z\"/>",
      kind, from.x, from.y, middle, to.x, to.y, -9 * direction);
}

/// Past others: from below to below.
std::string bent(Point from, Point to, double depth, const char* kind) {
  return fmt::format(
      "<path class=\"{0}\" d=\"M{1:.0f} {2:.0f}C{1:.0f} {5:.0f} {3:.0f} {5:.0f} {3:.0f} {4:.0f}\"/>"
      "<path class=\"head\" d=\"M{3:.0f} {4:.0f}l-4 9h8z\"/>",
      kind, from.x, from.y, to.x, to.y, depth);
}

class Picture {
 public:
  explicit Picture(const WaitDrawing& drawing) : drawing_(drawing) {
    for (const DrawnNode& node : drawing.nodes) {
      const Point at = corner_of(node);
      width_ = std::max(width_, at.x + kBoxWidth + kMargin);
      height_ = std::max(height_, at.y + kBoxHeight + kMargin);
    }
    for (const DrawnEdge& edge : drawing.edges) lines_ += line_of(edge);
  }

  std::string svg(const std::string& title, const std::string& words) const {
    std::string text = fmt::format(
        "<svg class=\"waits\" viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" "
        "height=\"{1:.0f}\" role=\"img\"><title>{2}</title><desc>{3}</desc>{4}",
        width_, height_, markup_line(title), markup_line(words), lines_);
    for (const DrawnNode& node : drawing_.nodes) text += box_of(node);
    return text + "</svg>";
  }

 private:
  std::string line_of(const DrawnEdge& edge) {
    const DrawnNode& from = drawing_.nodes[edge.from];
    const DrawnNode& to = drawing_.nodes[edge.to];
    const char* kind = edge.releases ? "releases" : edge.ready ? "ready" : "waits-for";
    const Point a = corner_of(from);
    const Point b = corner_of(to);
    // The two lines between a task and an object that it could release itself do not meet.
    const double aside = edge.releases ? 7 : -7;
    if (from.column + 1 == to.column || to.column + 1 == from.column) {
      const bool right = to.column > from.column;
      return straight({right ? a.x + kBoxWidth : a.x, a.y + kBoxHeight / 2 + aside},
                      {right ? b.x : b.x + kBoxWidth, b.y + kBoxHeight / 2 + aside}, kind);
    }
    // A curve goes three quarters of the way to its two middle points.
    const double depth = std::max(a.y, b.y) + kBoxHeight + 48;
    height_ = std::max(height_, depth);
    return bent({a.x + kBoxWidth / 2 + aside, a.y + kBoxHeight},
                {b.x + kBoxWidth / 2 + aside, b.y + kBoxHeight}, depth, kind);
  }

  const WaitDrawing& drawing_;
  double width_ = 0;
  double height_ = 0;
  std::string lines_;
};

std::string words_of(const WaitDrawing& drawing) {
  std::string text;
  for (const DrawnEdge& edge : drawing.edges) {
    text += fmt::format("{}{} {} {}", text.empty() ? "" : "; ", drawing.nodes[edge.from].name,
                        edge.releases ? "could release" : "waits for", drawing.nodes[edge.to].name);
    if (edge.ready) text += ", which is there already";
  }
  return text;
}

}  // namespace

std::string wait_graph(const WaitProof& proof, const std::string& title) {
  const WaitDrawing drawing = draw_waits(proof);
  if (drawing.edges.empty()) return "";
  std::string text =
      scrolling(title, Picture(drawing).svg(title, words_of(drawing)) + "\n") +
      "<p class=\"quiet\">A solid arrow: waits for; a dashed one: could release.</p>\n";
  if (drawing.left_out > 0) {
    text += fmt::format("<p class=\"quiet\">{} more are not drawn.</p>\n", drawing.left_out);
  }
  return text;
}

}  // namespace hangrate::html
