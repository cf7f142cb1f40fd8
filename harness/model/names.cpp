// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/model/observation.h"

namespace hangrate {

const char* outcome_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::Clean:
      return "clean";
    case Outcome::Anomaly:
      return "anomaly";
    case Outcome::Hang:
      return "hang";
    case Outcome::Slow:
      return "slow";
    case Outcome::Skipped:
      return "skipped";
    case Outcome::Infra:
      return "infra";
    case Outcome::Inconclusive:
      return "inconclusive";
    case Outcome::LostMachine:
      return "lost_machine";
  }
  return "?";
}

}  // namespace hangrate
