// SPDX-License-Identifier: GPL-2.0-or-later
//
// The bugs of the reproducers, by their own manifests, in proofs: each is named in its shape, and
// not in that of what looks most like it.
#include "harness/waits/known_bugs.h"

#include <gtest/gtest.h>

#include "harness/testing/made_proof.h"
#include "harness/testing/repro_manifest.h"

namespace hangrate {
namespace {

using namespace testing;  // self_held_proof(), full_child_proof(), ...

const std::vector<Manifest>& manifests() {
  static const std::vector<Manifest> all = {
      manifest_of("fuse_flush_exit"),  manifest_of("pipe_full_child"),
      manifest_of("pipe_one_slot"),    manifest_of("pipe_resize_stall"),
      manifest_of("splice_pipe_lock"), manifest_of("fuse_inval_lookup")};
  return all;
}

class Known : public ::testing::Test {
 protected:
  /// "REPRO/VARIANT" of what a proof is named, blanks between.
  std::string names(WaitProof proof) {
    seen_.proofs = {std::move(proof)};
    name_known_bugs(seen_, manifests(), identify_kernel(kernel_));
    return text_of(seen_.proofs[0].known);
  }
  std::string names_of_stuck(TaskRef task) {
    seen_.stuck = {{std::move(task), "it exits and does not end"}};
    name_known_bugs(seen_, manifests(), identify_kernel(kernel_));
    return text_of(seen_.stuck[0].known);
  }
  static std::string text_of(const std::vector<KnownBug>& bugs) {
    std::string text;
    for (const KnownBug& bug : bugs) {
      text += (text.empty() ? "" : " ") + bug.repro + "/" + bug.variant;
    }
    return text;
  }
  Expectation expected() const { return seen_.proofs[0].known.at(0).here.value; }

  Diagnosis seen_;
  std::string kernel_ = "6.18.44";
};

TEST_F(Known, AFuseDaemonThatWaitsForItselfIsNamedByTheShapeWithMostTasks) {
  EXPECT_EQ(names(self_held_proof()), "fuse_flush_exit/pid-namespace");
  EXPECT_EQ(expected(), Expectation::Affected);
  WaitProof alone = self_held_proof();
  alone.kind = ProofKind::Orphaned;
  alone.members.erase(alone.members.begin());
  alone.waits.erase(alone.waits.begin());
  EXPECT_EQ(names(alone), "fuse_flush_exit/self-held");
}

TEST_F(Known, AFuseServerThatLivesAndWaitsForTheDyingIsAnotherDeadlock) {
  WaitProof proof = self_held_proof();
  proof.waits[1].releasers = {22};
  proof.members.push_back(asleep_in(22, "wait4", "do_wait"));
  EXPECT_EQ(names(proof), "");
  proof.members.back().exiting = true;
  EXPECT_EQ(names(proof), "fuse_flush_exit/pid-namespace") << "unless it exits too";
}

TEST_F(Known, AnExitThatWaitsForAnotherAnswerThanThatOfAFlushIsNot) {
  WaitProof proof = self_held_proof();
  proof.members[1].stack[2] = "fuse_release";
  EXPECT_EQ(names(proof), "");
}

TEST_F(Known, AFullPipeIsWhatItIsByHowFullItIs) {
  EXPECT_EQ(names(own_reader_proof()), "") << "not measured: unknown";
  seen_.pipes = {{"pipe:[7]", 65536, 16, 63000}};
  EXPECT_EQ(names(own_reader_proof()), "pipe_full_child/keep-read-end") << "full by slots";
  EXPECT_EQ(expected(), Expectation::AlwaysHangs);
  seen_.pipes = {{"pipe:[7]", 4096, 1, 4096}};
  EXPECT_EQ(names(own_reader_proof()), "pipe_full_child/keep-read-end");
  seen_.pipes = {{"pipe:[7]", 4096, 1, 1}};
  EXPECT_EQ(names(own_reader_proof()), "pipe_one_slot/swap");
  EXPECT_EQ(expected(), Expectation::Affected);
  seen_.pipes = {{"pipe:[8]", 4096, 1, 1}};
  EXPECT_EQ(names(own_reader_proof()), "") << "another pipe";
}

TEST_F(Known, WhatDoesNotFitIntoOneSlotIsNoBugOfIt) {
  seen_.pipes = {{"pipe:[7]", 4096, 1, 1}};
  WaitProof proof = own_reader_proof();
  proof.waits[0].bytes = 4096;
  EXPECT_EQ(names(proof), "pipe_full_child/keep-read-end");
}

TEST_F(Known, AParentThatWaitsForAChildOnAFullPipe) {
  seen_.pipes = {{"pipe:[7]", 65536, 16, 65536}};
  EXPECT_EQ(names(full_child_proof()), "pipe_full_child/deadlock");
  WaitProof two_writers = full_child_proof();
  two_writers.members[0] = asleep_in(10, "write", "anon_pipe_write");
  EXPECT_EQ(names(two_writers), "") << "nobody waits for a child";
}

TEST_F(Known, ALostWakeUpOfAWriterIsTheStallWhereKernelsHaveIt) {
  kernel_ = "6.1.50";
  EXPECT_EQ(names(lost_writer_proof()), "pipe_resize_stall/zrepl");
  EXPECT_EQ(expected(), Expectation::Affected);
  kernel_ = "6.18.44";
  EXPECT_EQ(names(lost_writer_proof()), "pipe_resize_stall/zrepl");
  EXPECT_EQ(expected(), Expectation::Fixed) << "told as news, not as this bug";
  kernel_ = "6.1.0-21-amd64";
  EXPECT_EQ(names(lost_writer_proof()), "pipe_resize_stall/zrepl");
  EXPECT_EQ(expected(), Expectation::Unknown);
}

TEST_F(Known, ALostWakeUpOfAnotherTaskIsNotThatOfTheWriterBesideIt) {
  WaitProof proof = lost_writer_proof();
  proof.waits[0].ready = false;
  proof.waits[1].ready = true;  // the reader
  EXPECT_EQ(names(proof), "");
}

TEST_F(Known, TheSameSleepWithoutALostWakeUpIsNoStall) {
  WaitProof proof = lost_writer_proof();
  proof.kind = ProofKind::Deadlock;
  EXPECT_EQ(names(proof), "");
}

TEST_F(Known, AStuckTaskIsNamedOnlyWhereItsPlaceIsTelling) {
  EXPECT_EQ(names_of_stuck(flushing_at_exit(21)), "fuse_flush_exit/self-held");
  const KnownBug& bug = seen_.stuck[0].known[0];
  EXPECT_TRUE(bug.by_place);
  ASSERT_EQ(bug.lookalikes.size(), 1U) << "what stands there too is told";
  EXPECT_EQ(bug.lookalikes[0].substr(0, 12), "live-daemon:");
  EXPECT_EQ(names_of_stuck(asleep_in(10, "write", "anon_pipe_write")), "");
}

TaskRef in_state_d(const std::string& call, const std::string& place,
                   std::vector<std::string> stack) {
  TaskRef task = asleep_in(10, call, place);
  task.state = 'D';
  task.stack = std::move(stack);
  return task;
}

TEST_F(Known, WhoWaitsForTheLockOfAPipeIsNamedByThatAndWhoWaitsForItsDataIsNot) {
  TaskRef reads = in_state_d("read", "anon_pipe_read", {"anon_pipe_read", "vfs_read"});
  EXPECT_EQ(names_of_stuck(reads), "splice_pipe_lock/read");
  EXPECT_TRUE(seen_.stuck[0].known[0].by_place);
  reads.state = 'S';
  EXPECT_EQ(names_of_stuck(reads), "") << "for data";
  reads.stack.clear();
  EXPECT_EQ(names_of_stuck(reads), "");
  EXPECT_EQ(names_of_stuck(in_state_d("read", "folio_wait_bit_common",
                                      {"folio_wait_bit_common", "anon_pipe_read", "vfs_read"})),
            "")
      << "for a page, with the lock";
}

TEST_F(Known, EveryCallThatWantsTheLockOfAPipeHasItsVariant) {
  EXPECT_EQ(names_of_stuck(in_state_d("fcntl", "pipe_fcntl", {"pipe_fcntl", "do_fcntl"})),
            "splice_pipe_lock/size");
  EXPECT_EQ(names_of_stuck(in_state_d("openat", "fifo_open", {"fifo_open", "do_dentry_open"})),
            "splice_pipe_lock/open");
  EXPECT_EQ(names_of_stuck(in_state_d("close", "pipe_release", {"pipe_release", "__fput"})),
            "splice_pipe_lock/close");
  TaskRef dies = in_state_d("read", "pipe_release", {"pipe_release", "__fput", "task_work_run"});
  dies.exiting = true;
  EXPECT_EQ(names_of_stuck(dies), "splice_pipe_lock/exit");
  EXPECT_EQ(names_of_stuck(in_state_d("write", "pipe_release", {"pipe_release"})), "");
  dies.call.clear();  // as a task shows that is looked at twice
  dies.stack.clear();
  EXPECT_EQ(names_of_stuck(dies), "splice_pipe_lock/exit");
}

TEST_F(Known, AProvenWaitForTheLockOfAPipeIsNamedToo) {
  WaitProof proof = full_child_proof();
  proof.members = {in_state_d("read", "anon_pipe_read", {"anon_pipe_read"})};
  proof.members.push_back(asleep_in(11, "splice", "unix_stream_read_generic"));
  EXPECT_EQ(names(proof), "splice_pipe_lock/read");
  proof.members[0].state = 'S';
  EXPECT_EQ(names(proof), "");
}

TEST_F(Known, AServerInsideOfItsNotificationIsToldFromItsClientAndFromAWriterOfPages) {
  const std::vector<std::string> inside = {"fuse_reverse_inval_entry", "fuse_dev_do_write",
                                           "fuse_dev_write", "vfs_write"};
  EXPECT_EQ(names_of_stuck(in_state_d("write", inside.front(), inside)),
            "fuse_inval_lookup/lookup");
  EXPECT_EQ(names_of_stuck(in_state_d("openat", "request_wait_answer",
                                      {"request_wait_answer", "__fuse_simple_request",
                                       "fuse_lookup_name", "fuse_lookup"})),
            "")
      << "a slow server looks so";
  EXPECT_EQ(names_of_stuck(in_state_d("write", "rwsem_down_write_slowpath",
                                      {"rwsem_down_write_slowpath", "ext4_file_write_iter"})),
            "");
}

TEST_F(Known, NamesChangeNothingThatIsProven) {
  seen_.stuck = {{flushing_at_exit(21), "why"}};
  EXPECT_NE(names(self_held_proof()), "");
  EXPECT_EQ(seen_.proofs.size(), 1U);
  EXPECT_EQ(seen_.proofs[0].kind, ProofKind::Deadlock);
  EXPECT_EQ(seen_.stuck.size(), 1U);
}

}  // namespace
}  // namespace hangrate
