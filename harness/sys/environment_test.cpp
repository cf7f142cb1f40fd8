// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/environment.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "harness/testing/command.h"

namespace hangrate {
namespace {

TEST(Preempt, DebugfsWinsOverEverything) {
  const PreemptModel m = decide_preempt("none voluntary (full)", "preempt=none",
                                        "CONFIG_PREEMPT_NONE=y\n", "#1 SMP PREEMPT_DYNAMIC");
  EXPECT_EQ(m.active, "full");
  EXPECT_EQ(m.build, "PREEMPT_DYNAMIC");
}

TEST(Preempt, TheCommandLineCountsOnADynamicKernelOnly) {
  EXPECT_EQ(decide_preempt("", "quiet preempt=full", "", "#1 SMP PREEMPT_DYNAMIC").active, "full");
  EXPECT_EQ(decide_preempt("", "preempt=full", "CONFIG_PREEMPT_VOLUNTARY=y\n", "#1 SMP").active,
            "voluntary");
}

TEST(Preempt, TheConfigurationGivesTheDefault) {
  EXPECT_EQ(decide_preempt("", "", "CONFIG_PREEMPT_BUILD=y\nCONFIG_PREEMPT_NONE=y\n",
                           "#1 SMP PREEMPT_DYNAMIC")
                .active,
            "none");
  EXPECT_EQ(decide_preempt("", "", "CONFIG_PREEMPT_RT=y\n", "#1 SMP PREEMPT_RT").active, "rt");
}

/// A folder as /proc/sys.
struct Settings {
  Settings() { std::filesystem::create_directories(root + "/fs/fuse"); }
  void set(const std::string& file, const std::string& text) {
    std::ofstream(root + "/" + file) << text;
  }
  const testing::TempFolder folder;  // its own: tests run side by side
  const std::string root = folder / "sysctls";
};

TEST(Sysctls, AreReadByNameAndLeftOutWhereTheKernelHasNone) {
  Settings settings;
  settings.set("fs/fuse/default_request_timeout", "20\n");
  settings.set("fs/pipe-max-size", "1048576\n");
  const std::map<std::string, std::string> expected = {{"fs.fuse.default_request_timeout", "20"},
                                                       {"fs.pipe-max-size", "1048576"}};
  EXPECT_EQ(read_sysctls(settings.root), expected);
  EXPECT_TRUE(read_sysctls(settings.root + "/none").empty());
}

TEST(Sysctls, NoFileIsReadWithoutEndAndNoneIsBelievedInPart) {
  Settings settings;
  settings.set("fs/pipe-max-size", std::string(255, '1'));
  EXPECT_EQ(read_sysctls(settings.root).count("fs.pipe-max-size"), 1u);
  settings.set("fs/pipe-max-size", std::string(256, '1'));
  settings.set("fs/pipe-user-pages-soft", "");
  std::filesystem::create_directories(settings.root + "/fs/pipe-user-pages-hard");
  EXPECT_TRUE(read_sysctls(settings.root).empty());
}

TEST(Sysctls, OfThisMachineComeWithItsEnvironment) {
  EXPECT_EQ(read_environment().sysctls, read_sysctls());
  EXPECT_EQ(read_sysctls().count("fs.pipe-max-size"),
            std::filesystem::exists("/proc/sys/fs/pipe-max-size") ? 1u : 0u);
}

TEST(Preempt, UnknownStaysUnknown) {
  EXPECT_EQ(decide_preempt("", "", "", "#1 SMP PREEMPT_DYNAMIC").active, "unknown");
}

}  // namespace
}  // namespace hangrate
