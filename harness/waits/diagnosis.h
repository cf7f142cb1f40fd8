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

namespace hangrate {

enum class ProofKind {
  LostWakeUp,  ///< its call would return at once if it were made now
  Deadlock,    ///< all who could release it wait for each other
  Orphaned,    ///< nobody but itself could release it
};
const char* proof_name(ProofKind kind);

struct TaskRef {
  int pid = 0;
  int tid = 0;
  std::string comm;
  char state = '?';
  std::string call;   ///< "write"; "" = unknown, or not in one
  std::string place;  ///< the kernel function it sleeps in, "" = unknown
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
};

/// A task that stands still, and no proof.
struct StuckTask {
  TaskRef task;
  std::string why;
};

struct Diagnosis {
  std::vector<WaitProof> proofs;
  std::vector<StuckTask> stuck;
  std::vector<Absence> absent;  ///< what could not be looked at
  std::size_t looked_at = 0;    ///< tasks
  Nanos took = 0;
};

}  // namespace hangrate
