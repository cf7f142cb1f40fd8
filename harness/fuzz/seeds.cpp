// SPDX-License-Identifier: GPL-2.0-or-later
//
// main() of a fuzz target in a build that does not fuzz: gives it each file that is named. Exit
// code 0: it took them all, 2: one cannot be read or none was named; what does not hold aborts.
#include <cstdint>
#include <cstdio>

#include "harness/base/file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const auto seed = hangrate::read_file(argv[i]);
    if (!seed) {
      std::fprintf(stderr, "cannot read %s\n", argv[i]);
      return 2;
    }
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(seed->data()), seed->size());
  }
  std::printf("%d seeds\n", argc - 1);
  return argc > 1 ? 0 : 2;
}
