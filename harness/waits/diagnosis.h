// SPDX-License-Identifier: GPL-2.0-or-later
//
// Diagnosis: what can be said of the sleeping tasks of a machine: proven hangs, and tasks
// that stand still without a proof. Plain values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/base/clock.h"
#include "harness/model/evidence.h"
#include "harness/model/proof_kind.h"
#include "harness/waits/known_bug.h"

namespace hangrate {

struct TaskRef {
  int pid = 0;
  int tid = 0;
  std::string comm;
  char state = '?';
  std::string call;   ///< "write"; "" = unknown, or not in one
  std::string place;  ///< the kernel function it sleeps in, "" = unknown
  bool exiting = false;
  std::vector<std::string>
      stack;  ///< innermost first; empty: not read, see sys/snapshot_reader.cpp
};

/// One thing that a task waits for, and who could bring it.
struct WaitEdge {
  int tid = 0;
  std::string need;            ///< "there is room in pipe:[77]"
  std::string object;          ///< what several wait for has one name; "" = no object
  int descriptor = -1;         ///< of the object in its process, -1 = none
  std::uint64_t bytes = 0;     ///< that it writes, 0 = not known
  bool ready = false;          ///< it is there already
  std::vector<int> releasers;  ///< tids; itself too, if it holds what others would need
  std::size_t unlisted = 0;    ///< releasers beyond the first 64
};

/// Its number may be used again; `instance`, the inode of its folder in fusectl, is not.
struct FuseConnection {
  int number = 0;
  std::uint64_t instance = 0;
};

/// A hang, proven.
struct WaitProof {
  ProofKind kind = ProofKind::Deadlock;
  /// A member has a signal handler: a signal from outside would run it, and the call may go on
  /// after that. No hang then, for who does not know all who might send one.
  bool only_a_signal = false;
  std::vector<TaskRef> members;
  std::vector<std::string> sentences;  ///< who waits for what, who could release it, why none will
  std::string cure;                    ///< what would free it, least intrusive first
  std::vector<FuseConnection> connections;  ///< that owe an answer, if one is waited for
  std::vector<WaitEdge> waits;
  std::vector<TaskRef> others;  ///< no members, but could have released one (a lost wake-up)
  std::vector<KnownBug> known;  ///< bugs of this shape
};

/// A task that stands still, and no proof.
struct StuckTask {
  TaskRef task;
  std::string why;
  std::vector<KnownBug> known = {};  ///< bugs whose victims sleep there
};

/// A pipe that somebody waits for, as it was asked once.
struct PipeFill {
  std::string object;
  int capacity = 0;  ///< B
  int slots = 0;     ///< buffers of a page it has
  int queued = 0;    ///< B
};

/// A task that runs in the kernel and is not seen to come back. No hang: it may be at work.
struct SpinningTask {
  TaskRef task;
  Nanos kernel_time = 0;  ///< CPU time that it used there while it was looked at
  Nanos seen_for = 0;     ///< how long it was
  std::vector<std::string>
      stack;  ///< innermost first; empty: not readable, as a rule while it runs
  std::string why;
};

struct Diagnosis {
  std::vector<WaitProof> proofs;
  std::vector<StuckTask> stuck;
  std::vector<PipeFill> pipes;
  std::vector<SpinningTask> spinning;
  /// In state D for no reason that is seen: to be looked at once more, later. Empty once that was
  /// done.
  std::vector<TaskRef> unmoved;
  std::vector<Absence> absent;  ///< what could not be looked at
  std::size_t looked_at = 0;    ///< tasks
  Nanos took = 0;
};

}  // namespace hangrate
