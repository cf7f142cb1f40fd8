// SPDX-License-Identifier: GPL-2.0-or-later
//
// Event scripts of real runs (harness/testing/scripts), played again: each event is answered as it
// was. ScriptRecording of the end-to-end tests makes them.
#include "harness/testing/cell_script.h"

#include <gtest/gtest.h>

namespace hangrate::testing {
namespace {

class RecordedCell : public ::testing::TestWithParam<std::string> {
 protected:
  static Script script() {
    const std::string folder = HANGRATE_SOURCE_DIR "/harness/testing/scripts/";
    const auto text = read_file(folder + GetParam() + ".jsonl");
    EXPECT_TRUE(text);
    auto script = Script::from(text.value_or(""));
    EXPECT_TRUE(script);
    return script.value_or(Script{});
  }
};

TEST_P(RecordedCell, AnswersEachEventAsItDid) {
  const Script recorded = script();
  ASSERT_GT(recorded.lines.size(), 5u);
  ScriptedCell cell(recorded.header, recorded.lines[0].at);
  for (const ScriptLine& line : recorded.lines) {
    EXPECT_EQ(cell.tell(line.event, line.at), line.answers)
        << dump_line(std::visit(EventJson{}, line.event));
  }
}

TEST_P(RecordedCell, GivesEveryTrialOneRecord) {
  const Script recorded = script();
  ASSERT_FALSE(recorded.header.cells.empty());
  ScriptedCell cell(recorded.header, recorded.lines.at(0).at);
  for (const ScriptLine& line : recorded.lines) cell.tell(line.event, line.at);
  EXPECT_EQ(cell.result().recorded().total(), recorded.header.cells[0].trials);
  EXPECT_EQ(cell.result().tally().attempted(), recorded.header.cells[0].trials);
}

INSTANTIATE_TEST_SUITE_P(Of, RecordedCell, ::testing::ValuesIn(recorded_variants()),
                         [](const auto& each) { return plain_name(each.param); });

}  // namespace
}  // namespace hangrate::testing
