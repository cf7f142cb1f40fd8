// SPDX-License-Identifier: GPL-2.0-or-later
//
// The small parts all others are made of, and the legend.
#include <fmt/format.h>

#include "harness/report/format.h"
#include "harness/report/html.h"
#include "harness/report/safe_text.h"

namespace hangrate::html {

namespace {

struct Badge {
  const char* name;  ///< CSS class
  const char* sign;
};

Badge badge_for(CellVerdict verdict) {
  switch (verdict) {
    case CellVerdict::Reproduced:
      return {"v-hit", "●"};
    case CellVerdict::FixedClean:
    case CellVerdict::ControlHeld:
    case CellVerdict::Measured:
      return {"v-good", "✓"};
    case CellVerdict::UnexpectedlyClean:
    case CellVerdict::Regression:
    case CellVerdict::OtherHang:
    case CellVerdict::ControlBroken:
      return {"v-bad", "✗"};
    case CellVerdict::Weak:
    case CellVerdict::NoExpectation:
      return {"v-weak", "~"};
    case CellVerdict::Stuck:
    case CellVerdict::Infra:
    case CellVerdict::Inconclusive:
      return {"v-unknown", "?"};
    case CellVerdict::Skipped:
      return {"v-skip", "–"};
  }
  return {"v-unknown", "?"};
}

Badge badge_for(int code) {
  switch (code) {
    case 0:
      return {"v-good", "✓"};
    case 1:
      return {"v-bad", "✗"};
    case 4:
      return {"v-skip", "–"};
    default:
      return {"v-unknown", "?"};
  }
}

/// A bug shown by a cell that was cut short looks unfinished, not done.
Badge badge_for(const CellSummary& cell) {
  const int code = cell.code;
  return code == exit_code(CellJudgement{.verdict = cell.judgement.verdict})
             ? badge_for(cell.judgement.verdict)
             : badge_for(code);
}

std::string badge_of(const Badge& badge, const char* words) {
  return fmt::format("<span class=\"badge {}\"><span aria-hidden=\"true\">{}</span> {}</span>",
                     badge.name, badge.sign, words);
}

struct Meaning {
  CellVerdict verdict;
  const char* text;
};

constexpr Meaning kMeanings[] = {
    {CellVerdict::Reproduced, "the bug was shown on a kernel that may have it"},
    {CellVerdict::FixedClean,
     "the kernel does not have the bug, and none was seen in enough trials to say so"},
    {CellVerdict::ControlHeld, "a control did what a control does"},
    {CellVerdict::Measured, "it measures something, and no hang was seen"},
    {CellVerdict::Weak,
     "nothing was seen, in too few trials to make that a finding; each says how many it takes"},
    {CellVerdict::NoExpectation,
     "nobody can say what is right for this kernel: state it with --expect"},
    {CellVerdict::Stuck, "a trial stood still that should not, and nothing is proven of it"},
    {CellVerdict::Regression, "the kernel should not have the bug, and it was shown"},
    {CellVerdict::OtherHang, "a hang was proven that is not this bug"},
    {CellVerdict::UnexpectedlyClean,
     "the kernel has the bug, none was seen, and enough trials ran to make that a finding"},
    {CellVerdict::ControlBroken, "a control failed: believe no other result of this kernel"},
    {CellVerdict::Infra, "the machine failed too often to say anything"},
    {CellVerdict::Inconclusive, "no trial, or too few of them, could be judged"},
    {CellVerdict::Skipped, "cannot run here; the reason is with the result"}};

}  // namespace

std::string page_head(const std::string& version, const std::string& title) {
  return fmt::format(
      R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="hangrate {}">
<link rel="icon" href="data:,">
<title>{}</title>
<style>
{}</style>
</head>
)",
      markup_line(version), markup_line(title), kStyle);
}

std::string page_foot(const std::string& version) {
  return "<footer><p>Written by hangrate " + markup_line(version) +
         ". This file is complete in itself: it loads nothing and runs no script.</p></footer>\n"
         "</body>\n</html>\n";
}

std::string row_id(std::size_t row) {
  return fmt::format("k{}", row + 1);
}

std::string cell_id(std::size_t row, std::size_t cell) {
  return fmt::format("k{}-c{}", row + 1, cell + 1);
}

const char* verdict_class(const CellSummary& cell) {
  return badge_for(cell).name;
}

const char* exit_class(int code) {
  return badge_for(code).name;
}

std::string badge(CellVerdict verdict) {
  return badge_of(badge_for(verdict), verdict_words(verdict));
}

std::string badge(const CellSummary& cell) {
  return badge_of(badge_for(cell), cell_words(cell).c_str());
}

std::string badge(int exit_code) {
  return badge_of(badge_for(exit_code), exit_words(exit_code));
}

std::string badge(int exit_code, const char* words) {
  return badge_of(badge_for(exit_code), words);
}

std::string fact(const char* name, const std::string& value) {
  if (value.empty() || value == "<code></code>") return "";
  return fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", name, value);
}

std::string wide_fact(const char* name, const std::string& value) {
  if (value.empty() || value == "<code></code>") return "";
  return fmt::format("<div class=\"wide\"><dt>{}</dt><dd>{}</dd></div>\n", name, value);
}

std::string scrolling(const std::string& label, const std::string& table) {
  return fmt::format(
      "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{}\">\n{}</div>\n",
      markup_line(label), table);
}

std::string legend() {
  std::string text =
      "<table class=\"legend\">\n<caption>What the words of a verdict mean</caption>\n"
      "<thead><tr><th scope=\"col\">Verdict</th><th scope=\"col\">Meaning</th>"
      "<th scope=\"col\">Exit code</th></tr></thead>\n<tbody>\n";
  for (const Meaning& meaning : kMeanings) {
    text += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td></tr>\n",
                        badge(meaning.verdict), meaning.text,
                        exit_code(CellJudgement{.verdict = meaning.verdict}));
  }
  return text + "</tbody>\n</table>\n";
}

}  // namespace hangrate::html
