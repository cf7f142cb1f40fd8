// SPDX-License-Identifier: GPL-2.0-or-later
//
// What LoneCpu writes, in a folder laid out like /sys/devices/system/cpu; guests under TCG do it
// with the real one at every recorder's start and end.
#include "harness/sys/lone_cpu.h"

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>
#include <unistd.h>

#include "harness/base/file.h"

namespace hangrate {
namespace {

class LoneCpuTest : public testing::Test {
 protected:
  LoneCpuTest() : folder_(testing::TempDir() + "cpus." + std::to_string(::getpid())) {
    for (const char* name : {"cpu0", "cpu1", "cpu2", "cpu10", "cpufreq"}) {
      std::filesystem::create_directories(folder_ + "/" + name);
    }
    for (const char* name : {"cpu0", "cpu1", "cpu10"}) put(name, "1");
    put("cpu2", "0");
    static_cast<void>(write_file_atomically(folder_ + "/online", "0-1,10\n"));
  }
  ~LoneCpuTest() override { std::filesystem::remove_all(folder_); }

  void put(const std::string& cpu, const char* state) const {
    static_cast<void>(write_file_atomically(folder_ + "/" + cpu + "/online", state));
  }
  /// The first character: a file, unlike sysfs, keeps what lies behind it.
  char state(const std::string& cpu) const {
    return first_line(folder_ + "/" + cpu + "/online").at(0);
  }

  std::string folder_;
};

TEST_F(LoneCpuTest, TakesWhatIsOnlineButTheFirstAndBringsThatBack) {
  {
    const LoneCpu alone(folder_);
    EXPECT_EQ(state("cpu0"), '1');
    EXPECT_EQ(state("cpu1"), '0');
    EXPECT_EQ(state("cpu10"), '0');
  }
  EXPECT_EQ(state("cpu1"), '1');
  EXPECT_EQ(state("cpu10"), '1');
  EXPECT_EQ(state("cpu2"), '0') << "it was offline before";
  EXPECT_EQ(first_line(folder_ + "/online"), "0-1,10");
}

TEST_F(LoneCpuTest, MovedItBringsThemBackOnce) {
  LoneCpu first(folder_);
  { const LoneCpu second(std::move(first)); }
  EXPECT_EQ(state("cpu1"), '1');
  put("cpu1", "0");  // by somebody else, meanwhile
  { const LoneCpu gone(std::move(first)); }
  EXPECT_EQ(state("cpu1"), '0');
}

TEST_F(LoneCpuTest, TellsWhichCpuDoesNotComeBack) {
  LoneCpu alone(folder_);
  EXPECT_EQ(alone.stayed(), "");
  std::filesystem::remove(folder_ + "/cpu1/online");
  EXPECT_EQ(alone.bring_back(), folder_ + "/cpu1/online: No such file or directory");
  EXPECT_EQ(state("cpu10"), '1');
  EXPECT_EQ(alone.bring_back(), "") << "told once";
}

TEST_F(LoneCpuTest, SignalsThatWouldEndUsWaitMeanwhile) {
  const auto blocked = [] {
    sigset_t now;
    ::pthread_sigmask(SIG_BLOCK, nullptr, &now);
    return sigismember(&now, SIGTERM) == 1;
  };
  {
    const LoneCpu alone(folder_);
    EXPECT_TRUE(blocked());
  }
  EXPECT_FALSE(blocked());
}

TEST(LoneCpu, LeavesThisMachineAloneUnlessAsked) {
  ::unsetenv(kLoneCpuVariable);
  const std::string before = first_line("/sys/devices/system/cpu/online");
  const LoneCpu alone = LoneCpu::if_wanted();
  EXPECT_EQ(first_line("/sys/devices/system/cpu/online"), before);
}

}  // namespace
}  // namespace hangrate
