// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string_view>

namespace hangrate {

/// The seed of a part of a run, from the run's seed and the part's name (FNV-1a): each part has its
/// own whatever else runs. At most 53 bits, exact in every JSON reader.
inline std::uint64_t derived_seed(std::uint64_t seed, std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325ULL ^ seed;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash >> 11;
}

}  // namespace hangrate
