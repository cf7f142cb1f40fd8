// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/model/proof_kind.h"

namespace hangrate {

const char* proof_name(ProofKind kind) {
  return kind == ProofKind::LostWakeUp ? "lost wake-up" : proof_word(kind);
}

const char* proof_word(ProofKind kind) {
  switch (kind) {
    case ProofKind::LostWakeUp:
      return "lost-wake-up";
    case ProofKind::Deadlock:
      return "deadlock";
    case ProofKind::Orphaned:
      return "orphaned";
  }
  return "";
}

}  // namespace hangrate
