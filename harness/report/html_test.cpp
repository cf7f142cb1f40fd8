// SPDX-License-Identifier: GPL-2.0-or-later
//
// What of the page can be told without a browser; scripts/html-check looks at it in one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/report/format.h"
#include "harness/report/made_run.h"
#include "harness/report/safe_text.h"
#include "harness/testing/command.h"

namespace hangrate::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string page() {
  return html_report(made_run());
}

/// Every element that needs one has its end, in order; no attribute of an event, no script.
constexpr const char* kHtmlCheck = R"(
import sys
from html.parser import HTMLParser
EMPTY = {"meta", "link", "br", "line", "path", "circle"}
class Check(HTMLParser):
    open = []
    def handle_starttag(self, tag, attributes):
        assert tag not in ("script", "iframe", "img", "object", "b"), tag
        assert not any(name.startswith("on") for name, _ in attributes), attributes
        assert len(attributes) == len({name for name, _ in attributes}), attributes
        if tag not in EMPTY:
            self.open.append(tag)
    def handle_startendtag(self, tag, attributes):
        assert tag in EMPTY, tag
    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (tag, self.open, self.getpos())
        self.open.pop()
check = Check()
check.feed(open(sys.argv[1], encoding="utf-8").read())
check.close()
assert not check.open, check.open
)";

TEST(MatrixHtml, ClosesEveryElementItOpens) {
  const TempFolder folder;
  ASSERT_TRUE(write_file_atomically(folder / "matrix.html", page()));
  const Ran ran =
      run_command({"/usr/bin/env", "python3", "-c", kHtmlCheck, folder / "matrix.html"});
  EXPECT_EQ(ran.code, 0) << ran.err;
}

TEST(MatrixHtml, LoadsNothingAndRunsNothing) {
  const std::string html = page();
  EXPECT_THAT(html, HasSubstr("default-src 'none'"));
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("://")));
  EXPECT_THAT(html, Not(HasSubstr("url(")));
  EXPECT_THAT(html, Not(HasSubstr("@import")));
}

TEST(MatrixHtml, ShowsTheHostileConsoleAsText) {
  EXPECT_THAT(page(), HasSubstr(markup(kHostile)));
  EXPECT_THAT(page(), HasSubstr("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"));
}

TEST(MatrixHtml, SaysWhatAGuestWasGiven) {
  EXPECT_THAT(page(), HasSubstr("<dt>Added to QEMU</dt><dd><code>-device virtio-rng-pci"));
}

TEST(MatrixHtml, EachCellOfTheTableLeadsToItsNumbersAndItsProof) {
  const RunResult matrix = made_run();
  const std::string html = html_report(matrix);
  EXPECT_THAT(html, HasSubstr("<a href=\"#k1-c1\"><span class=\"rate\">0.4 %</span> <span "
                              "class=\"count\">40/10001</span>"));
  EXPECT_THAT(html, HasSubstr("id=\"k1-c1\""));
  EXPECT_THAT(html, HasSubstr("40 × hang/match freed by lever, first in trial 249"));
  EXPECT_THAT(html, HasSubstr("<pre tabindex=\"0\">pipe_write\nvfs_write\n"));
  EXPECT_THAT(html, HasSubstr("lever (resize the pipe again): freed it (0.2 ms)"));
  for (const Row& row : matrix.rows) {
    for (const CellSummary& cell : row.summary.cells) {
      EXPECT_THAT(html, HasSubstr(markup_line(cell.explanation)));
      EXPECT_THAT(html, HasSubstr(rate_text(cell)));
    }
  }
}

TEST(MatrixHtml, DrawsACleanCellAsABoundAndAHitWithItsInterval) {
  const std::string html = page();
  EXPECT_THAT(html, HasSubstr("<desc>0.4 %, interval 0.285 % to 0.545 %</desc>"));
  EXPECT_THAT(html, HasSubstr("<desc>no hit in 50000 trials; rates from 0.006 % up are "
                              "excluded</desc>"));
  EXPECT_THAT(html, Not(HasSubstr("nan")));
  EXPECT_THAT(html, Not(HasSubstr("inf\"")));
}

TEST(MatrixHtml, SaysSoWhereNothingNeedsALook) {
  RunResult matrix = made_run();
  matrix.rows.remove_if([](const Row& row) { return row.id != "fixed"; });
  summarize_rows(matrix);
  EXPECT_THAT(html_report(matrix), HasSubstr("Nothing: no result is unexpected"));
}

}  // namespace
}  // namespace hangrate::testing
