// SPDX-License-Identifier: GPL-2.0-or-later
//
// For tests: a kernel image that is none, but is taken for one.
#pragma once

#include <string>

namespace hangrate::testing {

/// As much of a bzImage as tells that it is one, and of which release.
inline std::string bz_image(const std::string& release) {
  std::string image(0x400, '\0');
  image[0x1f1] = 1;  // one sector of setup behind the first, nothing behind that
  image.replace(0x202, 4, "HdrS");
  image[0x20e] = 0x40;  // 0x200 + 0x140
  image[0x20f] = 0x01;
  image.replace(0x340, release.size() + 6, release + " (me) ");
  return image;
}

}  // namespace hangrate::testing
