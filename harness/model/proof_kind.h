// SPDX-License-Identifier: GPL-2.0-or-later
//
// ProofKind: the ways in which a hang is proven by what its tasks wait for (docs/waits.md).
#pragma once

namespace hangrate {

enum class ProofKind {
  LostWakeUp,  ///< its call would return at once if it were made now
  Deadlock,    ///< all who could release it wait for each other
  Orphaned,    ///< nobody but itself could release it
};

/// In words: "lost wake-up".
const char* proof_name(ProofKind kind);

/// In JSON: "lost-wake-up".
const char* proof_word(ProofKind kind);

}  // namespace hangrate
