// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/guest/accel.h"

#include <gtest/gtest.h>

#include "harness/base/file.h"
#include "harness/testing/command.h"

namespace hangrate {
namespace {

std::string start() {
  return first_line("/proc/sys/kernel/random/boot_id");
}

TEST(Accel, AnAnswerOfThisStartIsRemembered) {
  const testing::TempFolder cache;
  ASSERT_TRUE(write_file_atomically(cache / "accel", start() + "\ntcg\na guest hangs\n"));
  const auto kvm = remembered_kvm(cache.path());
  ASSERT_TRUE(kvm);
  EXPECT_FALSE(kvm->works);
  EXPECT_EQ(kvm->detail, "a guest hangs");
  EXPECT_FALSE(kvm->remedy.empty());
}

TEST(Accel, AnAnswerOfAnotherStartOrABrokenOneIsNot) {
  const testing::TempFolder cache;
  EXPECT_FALSE(remembered_kvm(cache.path()));
  for (const std::string& text : {std::string("another-start\nkvm\na guest ran\n"),
                                  start() + "\nmagic\nwhy\n", start() + "\nkvm", std::string()}) {
    ASSERT_TRUE(write_file_atomically(cache / "accel", text));
    EXPECT_FALSE(remembered_kvm(cache.path())) << text;
  }
}

TEST(Accel, WithoutAGuestToTryNothingIsRemembered) {
  const testing::TempFolder cache;
  const Capability kvm = try_kvm(cache.path(), "/nonexistent/vmlinuz");
  EXPECT_FALSE(kvm.works);
  EXPECT_FALSE(kvm.detail.empty());
}

}  // namespace
}  // namespace hangrate
