// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "bpf/recorder.h"

namespace hangrate {
namespace {

TEST(RecorderOff, SaysInOneLineWhyThereIsNone) {
  const auto recorder = Recorder::start();
  ASSERT_FALSE(recorder);
  const std::string why = recorder.error().what();
  EXPECT_TRUE(why.starts_with("built without kernel programs")) << why;
  EXPECT_EQ(why.find('\n'), why.npos);
}

}  // namespace
}  // namespace hangrate
