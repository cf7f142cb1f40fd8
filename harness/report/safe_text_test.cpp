// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/report/safe_text.h"

#include <gtest/gtest.h>

namespace hangrate {
namespace {

using namespace std::string_literals;

TEST(SafeText, KeepsWhatIsPlain) {
  EXPECT_EQ(safe_text("a\tb\nc ü € 😀"), "a\tb\nc ü € 😀");
}

TEST(SafeText, DropsColoursAndSpellsOutOtherControls) {
  EXPECT_EQ(safe_text("\x1b[1;31mred\x1b[0m"), "red");
  EXPECT_EQ(safe_text("\x1b]0;title\x07"), "\\x1b]0;title\\x07");
  EXPECT_EQ(safe_text("\x1b["), "\\x1b[");
  EXPECT_EQ(safe_text("a\0b"s), "a\\x00b");
  EXPECT_EQ(safe_text("\x7f\xc2\x9b"), "\\x7f\\x9b");
}

TEST(SafeText, EndsLinesWithOneNewline) {
  EXPECT_EQ(safe_text("a\r\r\nb\rc"), "a\nb\\x0dc");
  EXPECT_EQ(safe_line("a\r\n\tb"), "a  b");
}

TEST(SafeText, ReplacesWhatIsNotUtf8) {
  const std::string bad = "\xEF\xBF\xBD";
  EXPECT_EQ(safe_text("\xff"), bad);
  EXPECT_EQ(safe_text("\xc0\xaf"), bad + bad);
  EXPECT_EQ(safe_text("\xe2\x82"), bad + bad);
  EXPECT_EQ(safe_text("\xed\xa0\x80"), bad + bad + bad);
  EXPECT_EQ(safe_text("\xf4\x90\x80\x80"), bad + bad + bad + bad);
  EXPECT_EQ(safe_text("\xef\xbf\xbf"), bad);
}

TEST(SafeText, ShowsWhatTurnsTheDirectionOfWriting) {
  EXPECT_EQ(safe_text("\xe2\x80\xae txt"), "\\u202e txt");
}

TEST(SafeText, MarkupClosesNoTag) {
  EXPECT_EQ(markup("<a href='x'>&\"]]>"), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;]]&gt;");
  EXPECT_EQ(markup_line("a\nb"), "a b");
}

TEST(SafeText, MarkdownBreaksNoTable) {
  EXPECT_EQ(markdown_line("a|b `c` *d* [e](f) <g>\nh"),
            "a\\|b \\`c\\` \\*d\\* \\[e\\](f) &lt;g&gt; h");
}

}  // namespace
}  // namespace hangrate
