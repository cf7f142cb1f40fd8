// SPDX-License-Identifier: GPL-2.0-or-later
//
// SHA-256 (FIPS 180-4), to name things in the cache by their content. Not for secrets.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "harness/base/error.h"

namespace hangrate {

class Sha256 {
 public:
  void add(std::string_view bytes);
  /// The digest as 64 hex digits. Ends the use of this object.
  std::string hex();

 private:
  void block(const unsigned char* bytes);

  std::array<std::uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<unsigned char, 64> pending_{};
  std::size_t held_ = 0;
  std::uint64_t total_ = 0;
};

std::string sha256(std::string_view bytes);
Result<std::string> sha256_of_file(const std::string& path);

}  // namespace hangrate
