// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/waits/diagnosis.h"

namespace hangrate {

const char* proof_name(ProofKind kind) {
  switch (kind) {
    case ProofKind::LostWakeUp:
      return "lost wake-up";
    case ProofKind::Deadlock:
      return "deadlock";
    case ProofKind::Orphaned:
      return "orphaned";
  }
  return "";
}

}  // namespace hangrate
