// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/app/command/kernel_log.h"

#include <gtest/gtest.h>

namespace hangrate {
namespace {

TEST(KernelLog, TakesTheMessageOfARecord) {
  EXPECT_EQ(kernel_message("4,339,5140900,-;WARNING: CPU: 1\n SUBSYSTEM=acpi\n"),
            "WARNING: CPU: 1");
  EXPECT_EQ(kernel_message("6,1,2,-,caller=T1;a; b\n"), "a; b");
}

TEST(KernelLog, BelievesNoProgramThatWroteToIt) {
  EXPECT_FALSE(kernel_message("12,340,5140901,-;WARNING: CPU: 1\n"));  // LOG_USER
}

TEST(KernelLog, TakesNothingOfWhatIsMalformed) {
  for (const char* record : {"", ";", "4", "4;x", "x,1,2,-;y", "-4,1,2,-;y", "4,1,2,-"}) {
    EXPECT_FALSE(kernel_message(record)) << record;
  }
}

TEST(KernelLog, WithoutALogMatchesNothing) {
  KernelLog log;
  log.follow(-1);
  EXPECT_FALSE(log.open());
  EXPECT_FALSE(log.first_match(std::regex("")));
}

}  // namespace
}  // namespace hangrate
