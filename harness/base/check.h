// SPDX-License-Identifier: GPL-2.0-or-later
//
// HR_CHECK: our own bugs, on in release builds. Never for user input or for what the kernel does.
#pragma once

#include <cstdio>
#include <cstdlib>

#define HR_CHECK(condition)                                                                 \
  do {                                                                                      \
    if (!(condition)) {                                                                     \
      std::fprintf(stderr, "hangrate: internal error: %s at %s:%d\n", #condition, __FILE__, \
                   __LINE__);                                                               \
      std::abort();                                                                         \
    }                                                                                       \
  } while (false)
