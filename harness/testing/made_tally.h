// SPDX-License-Identifier: GPL-2.0-or-later
//
// Tallies made up for tests.
#pragma once

#include <vector>

#include "harness/stats/rate_estimate.h"
#include "harness/stats/tally.h"

namespace hangrate::testing {

struct Counts {
  std::uint64_t clean = 0;
  std::uint64_t match = 0;
  std::uint64_t other = 0;
  std::uint64_t anomaly = 0;
  std::uint64_t slow = 0;
  std::uint64_t skipped = 0;
  std::uint64_t infra = 0;
  std::uint64_t inconclusive = 0;
  std::uint64_t lost = 0;
  std::uint64_t stuck = 0;
};

inline Tally tally_of(const Counts& counts) {
  constexpr auto none = SignatureMatch::NotApplicable;
  Tally tally;
  tally.add(Outcome::Clean, none, counts.clean);
  tally.add(Outcome::Hang, SignatureMatch::Match, counts.match);
  tally.add(Outcome::Hang, SignatureMatch::Other, counts.other);
  tally.add(Outcome::Anomaly, none, counts.anomaly);
  tally.add(Outcome::Slow, none, counts.slow);
  tally.add(Outcome::Skipped, none, counts.skipped);
  tally.add(Outcome::Infra, none, counts.infra);
  tally.add(Outcome::Inconclusive, none, counts.inconclusive);
  tally.add(Outcome::LostMachine, none, counts.lost);
  tally.add(Outcome::Stuck, none, counts.stuck);
  return tally;
}

inline RateEstimate estimate_of(const Tally& tally) {
  return estimate_rate(std::vector<Cluster>{{tally.conclusive(), tally.reproductions()}}, 0.95);
}

inline Tally search_with(std::uint64_t clean, std::uint64_t hits) {
  Tally tally;
  tally.add(Outcome::Clean, SignatureMatch::NotApplicable, clean);
  if (hits > 0) tally.add(Outcome::Hang, SignatureMatch::Match, hits);
  return tally;
}

}  // namespace hangrate::testing
