// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/stats/tally.h"

namespace hangrate {

bool is_conclusive(Outcome outcome) {
  switch (outcome) {
    case Outcome::Clean:
    case Outcome::Slow:
    case Outcome::Anomaly:
    case Outcome::Hang:
      return true;
    case Outcome::Skipped:
    case Outcome::Infra:
    case Outcome::Inconclusive:
    case Outcome::LostMachine:
    case Outcome::Stuck:
      return false;
  }
  return false;
}

void Tally::add(Outcome outcome, SignatureMatch signature, std::uint64_t count) {
  counts_[static_cast<std::size_t>(outcome)] += count;
  if (outcome == Outcome::Hang && signature == SignatureMatch::Match) hits_ += count;
}

void Tally::merge(const Tally& other) {
  for (std::size_t i = 0; i < kOutcomes; ++i) counts_[i] += other.counts_[i];
  hits_ += other.hits_;
  misplaced_ += other.misplaced_;
}

std::uint64_t Tally::conclusive() const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    if (is_conclusive(static_cast<Outcome>(i))) sum += counts_[i];
  }
  return sum;
}

std::uint64_t Tally::attempted() const {
  std::uint64_t sum = 0;
  for (const std::uint64_t count : counts_) sum += count;
  return sum;
}

std::uint64_t Tally::possible_hits() const {
  return count(Outcome::Stuck) + count(Outcome::Inconclusive) + count(Outcome::LostMachine);
}

std::uint64_t Tally::lost() const {
  return count(Outcome::Infra) + count(Outcome::LostMachine);
}

}  // namespace hangrate
