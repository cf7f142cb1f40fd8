// SPDX-License-Identifier: GPL-2.0-or-later
//
// For tests: proofs of hangs as a WaitGraph gives them, of the known bugs and of what looks like
// them.
#pragma once

#include "harness/waits/diagnosis.h"

namespace hangrate::testing {

inline TaskRef asleep_in(int tid, const std::string& call, const std::string& place) {
  return {.pid = tid, .tid = tid, .comm = "task", .state = 'S', .call = call, .place = place};
}

/// Killed, and in the flush of a file of its own mount.
inline TaskRef flushing_at_exit(int tid) {
  return {.pid = tid,
          .tid = tid,
          .comm = "fuse-daemon",
          .state = 'D',
          .place = "request_wait_answer",
          .exiting = true,
          .stack = {"request_wait_answer", "__fuse_simple_request", "fuse_flush", "filp_flush",
                    "filp_close", "put_files_struct", "do_exit"}};
}

inline WaitEdge waits_for(int tid, const std::string& object, std::vector<int> releasers) {
  return {.tid = tid,
          .need = "there is room in " + object,
          .object = object,
          .descriptor = 1,
          .bytes = 1,
          .releasers = std::move(releasers)};
}

/// The container of a FUSE daemon that does not die: its init waits for the daemon.
inline WaitProof self_held_proof() {
  WaitProof proof;
  TaskRef init = asleep_in(20, "", "zap_pid_ns_processes");
  init.exiting = true;
  init.stack = {"zap_pid_ns_processes", "do_exit"};
  proof.members = {init, flushing_at_exit(21)};
  proof.sentences = {"init[20] sleeps, exiting", "fuse-daemon[21] sleeps, exiting"};
  proof.cure = "abort the connection: echo 1 > /sys/fs/fuse/connections/42/abort";
  proof.waits = {waits_for(20, "", {21}), waits_for(21, "an answer of FUSE", {})};
  return proof;
}

/// A child that fills the pipe which its parent, who waits for it, does not read.
inline WaitProof full_child_proof() {
  WaitProof proof;
  proof.members = {asleep_in(10, "wait4", "do_wait"), asleep_in(11, "write", "anon_pipe_write")};
  proof.sentences = {"task[10] sleeps in wait4", "task[11] sleeps in write"};
  proof.cure = "the end of one of them: kill task[10] or task[11]";
  proof.waits = {waits_for(10, "the end of 11", {11}), waits_for(11, "pipe:[7]", {10})};
  return proof;
}

/// A writer that holds the read end of its own pipe.
inline WaitProof own_reader_proof() {
  WaitProof proof;
  proof.kind = ProofKind::Orphaned;
  proof.members = {asleep_in(10, "write", "anon_pipe_write")};
  proof.sentences = {"task[10] sleeps in write"};
  proof.cure = "nothing but its end: kill 10";
  proof.waits = {waits_for(10, "pipe:[7]", {10})};
  return proof;
}

/// A writer that sleeps although there is room, and a reader that waits for it.
inline WaitProof lost_writer_proof() {
  WaitProof proof;
  proof.kind = ProofKind::LostWakeUp;
  proof.members = {asleep_in(10, "write", "pipe_write"), asleep_in(11, "read", "pipe_read")};
  proof.sentences = {"task[10] sleeps in write; but there is room already", "task[11] sleeps"};
  proof.cure = "stop and continue it";
  proof.waits = {waits_for(10, "pipe:[7]", {11}), waits_for(11, "pipe:[8]", {10})};
  proof.waits[0].ready = true;
  return proof;
}

}  // namespace hangrate::testing
