// SPDX-License-Identifier: GPL-2.0-or-later
//
// What of the page and its drawings can be told without a browser; scripts/html-check looks at it
// in one.
#include "harness/report/diagnosis_html.h"

#include <cstdlib>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/base/output.h"
#include "harness/report/safe_text.h"
#include "harness/report/wait_drawing.h"
#include "harness/testing/made_proof.h"
#include "harness/waits/diagnosis_json.h"

namespace hangrate {
namespace {

using namespace testing;  // full_child_proof(), ...
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kHostileName = "</text><script>x\x1b[31m\"'&";

Diagnosis hostile_diagnosis() {
  Diagnosis seen;
  seen.proofs = {full_child_proof(), self_held_proof(), lost_writer_proof()};
  for (TaskRef& task : seen.proofs[0].members) task.comm = kHostileName;
  seen.proofs[0].sentences[0] = kHostileName + " sleeps";
  seen.proofs[0].waits[1].object = "/tmp/" + kHostileName + " (deleted), a long name of a file";
  seen.proofs[2].only_a_signal = true;
  KnownBug bug;
  bug.repro = "some_stall";
  bug.variant = "plain";
  bug.title = "a <title>";
  bug.here.value = Expectation::Fixed;
  seen.proofs[1].known = {bug};
  bug.by_place = true;
  seen.stuck = {{flushing_at_exit(30), "it exits and does not end: its releasers can go on", {bug}},
                {seen.proofs[0].members[0], "it waits for " + kHostileName}};
  seen.spinning = {{.task = {.pid = 40, .tid = 40, .comm = kHostileName, .state = 'R'},
                    .kernel_time = 5 * kSecond,
                    .seen_for = 6 * kSecond,
                    .stack = {"uffd_move"},
                    .why = "it used 5.0 s of CPU in the kernel"}};
  seen.pipes = {{"pipe:[7]", 65536, 16, 65536}};
  seen.absent = {{"locks", kHostileName}};
  seen.looked_at = 99;
  seen.took = 41 * kMilli;
  return seen;
}

DiagnosisSetting setting_of(int exit_code) {
  DiagnosisSetting setting;
  setting.environment.release = "6.18.44";
  setting.environment.cmdline = kHostileName;
  setting.environment.cpus = 2;
  setting.version = "0.1.0";
  setting.started = "2026-01-01T00:00:00Z";
  setting.argv = {"hangrate", "diagnose", "--all"};
  setting.exit_code = exit_code;
  return setting;
}

TEST(DiagnosisHtml, CanBeWrittenToAFolderToBeLookedAt) {
  const char* folder = std::getenv("HANGRATE_DEMO_DIR");
  if (folder == nullptr) GTEST_SKIP() << "HANGRATE_DEMO_DIR is not set";
  const auto write = [&](const std::string& name, const Diagnosis& seen, int code) {
    const std::string path = std::string(folder) + "/" + name;
    EXPECT_TRUE(write_file_atomically(path + ".html", diagnosis_html(seen, setting_of(code))));
    EXPECT_TRUE(write_file_atomically(path + ".json", dump_pretty(to_json_value(seen))));
  };
  write("diagnosis", hostile_diagnosis(), 1);
  write("diagnosis-empty", {}, 0);
}

TEST(DiagnosisHtml, EscapesWhatTasksAreCalled) {
  const std::string page = diagnosis_html(hostile_diagnosis(), setting_of(1));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("\x1b")));
  EXPECT_THAT(page, Not(HasSubstr("a <title>")));
  EXPECT_THAT(page, HasSubstr("&lt;/text&gt;&lt;script&gt;x"));
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  EXPECT_THAT(page, Not(HasSubstr("://")));
}

TEST(DiagnosisHtml, TellsOfEachHangWhyItsCureItsBugAndHowItWasSeen) {
  const Diagnosis seen = hostile_diagnosis();
  const std::string page = diagnosis_html(seen, setting_of(1));
  EXPECT_THAT(page,
              HasSubstr("2 hangs are proven, 3 stuck, 1 spinning, 99 tasks looked at in 41 ms"));
  for (const WaitProof& proof : seen.proofs) {
    for (const std::string& line : proof.sentences) EXPECT_THAT(page, HasSubstr(markup_line(line)));
    EXPECT_THAT(page, HasSubstr(markup_line(proof.cure)));
  }
  EXPECT_THAT(page, HasSubstr("Known: the shape of some_stall/plain"));
  EXPECT_THAT(page, HasSubstr("Known: it sleeps where a task does in some_stall/plain"));
  EXPECT_THAT(page, HasSubstr("pipe:[7] holds 65536 of 65536 bytes (16 slots)"));
  EXPECT_THAT(page, HasSubstr("only a signal could help"));
  EXPECT_THAT(page, HasSubstr("it used 5.0 s of CPU in the kernel"));
  EXPECT_THAT(page, HasSubstr("uffd_move"));
  EXPECT_THAT(page, HasSubstr("task[10] waits for pipe:[7], which is there already"));
}

TEST(DiagnosisHtml, SaysOfNothingThatItIsNothing) {
  const std::string page = diagnosis_html({}, setting_of(0));
  EXPECT_THAT(page, HasSubstr("Nothing hangs, 0 tasks looked at"));
  EXPECT_THAT(page, Not(HasSubstr("<svg")));
}

TEST(WaitDrawing, StandsInColumnsFromWhoWaitsToWhoCouldRelease) {
  const WaitDrawing drawing = draw_waits(full_child_proof());
  ASSERT_EQ(drawing.nodes.size(), 4U);
  const char* names[] = {"task[10]", "the end of 11", "task[11]", "pipe:[7]"};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(drawing.nodes[i].name, names[i]);
    EXPECT_EQ(drawing.nodes[i].column, i);
    EXPECT_EQ(drawing.nodes[i].row, 0U);
  }
  ASSERT_EQ(drawing.edges.size(), 4U);
  EXPECT_EQ(drawing.edges[3].from, 0U) << "the first could release the last";
  EXPECT_EQ(drawing.edges[3].to, 3U);
  EXPECT_TRUE(drawing.edges[3].releases);
}

TEST(WaitDrawing, NoTwoNodesStandInOnePlace) {
  WaitProof proof;
  for (int tid = 1; tid <= 6; ++tid) {
    proof.members.push_back(asleep_in(tid, "write", "pipe_write"));
    proof.waits.push_back(waits_for(tid, "pipe:[" + std::to_string(tid % 2) + "]", {1, 2, 3}));
  }
  const WaitDrawing drawing = draw_waits(proof);
  EXPECT_EQ(drawing.nodes.size(), 8U);
  std::set<std::pair<std::size_t, std::size_t>> places;
  for (const DrawnNode& node : drawing.nodes) {
    EXPECT_TRUE(places.emplace(node.column, node.row).second) << node.name;
  }
}

TEST(WaitDrawing, HasNoRoomForThousands) {
  WaitProof proof;
  for (int tid = 1; tid <= 2000; ++tid) {
    proof.members.push_back(asleep_in(tid, "write", "pipe_write"));
    proof.waits.push_back(waits_for(tid, "pipe:[1]", {tid}));
  }
  const WaitDrawing drawing = draw_waits(proof);
  EXPECT_EQ(drawing.nodes.size(), 40U);
  EXPECT_EQ(drawing.left_out, 2001U - 40U);
}

}  // namespace
}  // namespace hangrate
