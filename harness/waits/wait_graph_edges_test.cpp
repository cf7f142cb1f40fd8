// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a proof tells of who waits for what, for drawings and for known bugs, and that it gets
// through JSON.
#include <gtest/gtest.h>

#include "harness/testing/made_proof.h"
#include "harness/testing/made_snapshot.h"
#include "harness/waits/diagnosis_json.h"
#include "harness/waits/wait_graph.h"

namespace hangrate {
namespace {

constexpr short kPollOut = 4;

/// Three looks at the same.
WaitProof only_proof(const Snapshot& seen, short ready) {
  WaitGraph graph(seen, seen, {});
  Answers answers;
  for (const Question& question : graph.questions()) answers[question] = ready;
  const Diagnosis diagnosis = graph.conclude(answers, seen);
  EXPECT_EQ(diagnosis.proofs.size(), 1U);
  return diagnosis.proofs.empty() ? WaitProof() : diagnosis.proofs[0];
}

TEST(WaitEdges, OfADeadlockLeadFromEachToWhatTheOtherCouldBring) {
  testing::MadeSnapshot made;
  made.sleeper(10, "wait4", "0xb 0x0");
  made.reads(10, 3, "pipe:[7]");
  made.sleeper(11, "write", "0x1 0x7f00 0x89").parent = 10;
  made.writes(11, 1, "pipe:[7]");
  const WaitProof proof = only_proof(made.seen(), 0);
  ASSERT_EQ(proof.waits.size(), 2U);
  EXPECT_EQ(proof.waits[0].tid, 10);
  EXPECT_EQ(proof.waits[0].releasers, std::vector<int>{11});
  EXPECT_EQ(proof.waits[1].object, "pipe:[7]");
  EXPECT_EQ(proof.waits[1].descriptor, 1);
  EXPECT_EQ(proof.waits[1].bytes, 0x89U);
  EXPECT_EQ(proof.waits[1].releasers, std::vector<int>{10});
  EXPECT_FALSE(proof.waits[1].ready);
  EXPECT_TRUE(proof.others.empty());
}

TEST(WaitEdges, OfALostWakeUpNameThoseWhoCouldHaveReleasedIt) {
  testing::MadeSnapshot made;
  made.sleeper(10, "write", "0x1 0x0 0x1");
  made.writes(10, 1, "pipe:[7]");
  made.sleeper(12, "nanosleep", "0x1 0x0");
  made.reads(12, 5, "pipe:[7]");
  const WaitProof proof = only_proof(made.seen(), kPollOut);
  ASSERT_EQ(proof.waits.size(), 1U);
  EXPECT_TRUE(proof.waits[0].ready);
  ASSERT_EQ(proof.others.size(), 1U);
  EXPECT_EQ(proof.others[0].pid, 12);
}

TEST(WaitEdges, ATracerIsOneWhoCouldRelease) {
  testing::MadeSnapshot made;
  made.sleeper(10, "read", "0x3 0x0").sample.tracer = 10;
  made.reads(10, 3, "pipe:[7]");
  made.writes(10, 4, "pipe:[7]");
  made.sleeper(11, "read", "0x3 0x0").sample.tracer = 10;
  made.reads(11, 3, "pipe:[8]");
  made.writes(11, 4, "pipe:[8]");
  const WaitProof proof = only_proof(made.seen(), 0);
  ASSERT_EQ(proof.waits.size(), 2U);
  EXPECT_EQ(proof.waits[1].releasers, (std::vector<int>{11, 10}));
}

/// As many pairs would be more than the helper that looks may say.
TEST(WaitEdges, OfThousandsWhoWaitForEachOtherNameTheFirst) {
  testing::MadeSnapshot made;
  for (int tid = 1000; tid < 1500; ++tid) {
    SeenTask& task = made.thread(1000, tid);
    task.sample.syscall_name = "futex";
    task.sample.syscall = "202 0x7000 0x80 0x0 0x0";
    task.sample.wchan = "futex_wait";
    made.seen().memory[tid] = std::string(4, '\0');
  }
  const WaitProof proof = only_proof(made.seen(), 0);
  ASSERT_EQ(proof.waits.size(), 500U);
  EXPECT_EQ(proof.waits[0].releasers.size(), 64U);
  EXPECT_EQ(proof.waits[0].unlisted, 499U - 64U);
}

TEST(DiagnosisJson, KeepsAllThatWasFound) {
  Diagnosis seen;
  seen.proofs = {testing::self_held_proof(), testing::lost_writer_proof()};
  seen.proofs[0].others = {testing::asleep_in(5, "read", "pipe_read")};
  seen.proofs[0].connections = {{42, 17}};
  seen.stuck = {{testing::flushing_at_exit(30), "why"}};
  seen.pipes = {{"pipe:[7]", 4096, 1, 3}};
  seen.absent = {{"locks", "refused"}};
  seen.looked_at = 9;
  const Json json = to_json_value(seen);
  const auto back = diagnosis_from_json(json);
  ASSERT_TRUE(back) << back.error().what();
  EXPECT_EQ(to_json_value(*back), json);
  EXPECT_TRUE(back->proofs[0].members[1].exiting);
  EXPECT_EQ(back->proofs[0].members[1].stack.size(), 7U);
}

TEST(DiagnosisJson, TellsAKnownBugWithItsStanding) {
  Diagnosis seen;
  seen.proofs = {testing::lost_writer_proof()};
  KnownBug bug;
  bug.repro = "pipe_resize_stall";
  bug.here.value = Expectation::Fixed;
  bug.affected = {{"5.8", "6.8", "note"}};
  seen.proofs[0].known = {bug};
  const Json json = to_json_value(seen)["proofs"][0]["known"][0];
  EXPECT_EQ(json["repro"], "pipe_resize_stall");
  EXPECT_EQ(json["expectation"], "fixed");
  EXPECT_EQ(json["affected"][0]["to"], "6.8");
}

}  // namespace
}  // namespace hangrate
