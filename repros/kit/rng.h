// SPDX-License-Identifier: GPL-2.0-or-later
//
// Rng: the seeded randomness of one trial. Seed and trial number fix every choice, so a trial can
// be repeated. splitmix64 (Steele, Lea, Flood 2014), chosen because any seed is a good seed.
#pragma once

#include <cstdint>

namespace hangrate::kit {

class Rng {
 public:
  Rng() = default;
  Rng(std::uint64_t seed, std::uint64_t stream) : state_(seed) {
    state_ = next() ^ (stream * 0xd1342543de82ef95ULL);
  }

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }

  /// Uniform in [0, bound), bound > 0 (bias below 2^-32 for the bounds used here).
  std::uint64_t below(std::uint64_t bound) {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint64_t>((static_cast<Wide>(next()) * bound) >> 64);
  }

 private:
  std::uint64_t state_ = 0;
};

}  // namespace hangrate::kit
