// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/kit/freezer.h"

#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "harness/testing/command.h"

namespace hangrate {
namespace {

std::string text_of(const std::string& path) {
  std::string text;
  std::getline(std::ifstream(path), text, '\0');
  return text;
}

TEST(Setting, IsPutBackAtItsEnd) {
  const testing::TempFolder folder;
  const std::string path = folder / "setting";
  std::ofstream(path) << "20000";
  {
    const hang_setting limit(path.c_str(), "500");
    EXPECT_TRUE(limit.set());
    EXPECT_EQ(text_of(path).substr(0, 3), "500");
  }
  EXPECT_EQ(text_of(path), "20000");
}

TEST(Setting, ThatIsNotThereIsNotSet) {
  EXPECT_FALSE(hang_setting("/nowhere/at/all", "1").set());
}

}  // namespace
}  // namespace hangrate
