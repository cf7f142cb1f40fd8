// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/kit/life.h"

#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace {

std::string stat_line(const std::string& name, char state, std::uint64_t flags,
                      std::uint64_t pending) {
  std::ostringstream line;
  line << "4711 (" << name << ") " << state << " 1 2 3 0 -1 " << flags;
  for (int field = 10; field < 31; ++field) line << " 0";
  line << ' ' << pending << " 0 1 0\n";
  return line.str();
}

hang_life life(char state, std::uint64_t flags, std::uint64_t pending) {
  return hang_life_in(stat_line("name", state, flags, pending).c_str());
}

TEST(LifeOfTask, IsReadBehindAnyName) {
  for (const char* name : {"fuse-daemon", "a) Z 9 9", ") (", "two\nlines", "", "((("})
    EXPECT_EQ(hang_life_in(stat_line(name, 'D', 4195392, 256).c_str()), HANG_KILLED) << name;
}

TEST(LifeOfTask, OfARealVictim) {
  EXPECT_EQ(
      hang_life_in(
          "19173 (fuse-daemon) D 19171 19170 5066 0 -1 4195404 1 0 0 0 0 0 0 0 20 0 2 0 229801 0 0 "
          "18446744073709551615 0 0 0 0 0 0 0 0 0 1 0 0 -1 0 0 0 0 0 0 0 0 0 0 0 0 0\n"),
      HANG_EXITING);
}

TEST(LifeOfTask, ALineCutOffIsNoSignOfLife) {
  for (const char* line : {"", "4711 (name", "4711 (name)", "4711 (name) D 1 2 3 0 -1 4195404"})
    EXPECT_EQ(hang_life_in(line), HANG_GONE) << line;
}

TEST(LifeOfTask, FollowsFromStateFlagsAndPendingSignals) {
  EXPECT_EQ(life('S', 0x400040, 0), HANG_ALIVE);
  EXPECT_EQ(life('D', 0x400040, 0x100), HANG_KILLED);
  EXPECT_EQ(life('D', 0x40004c, 0), HANG_EXITING);
  EXPECT_EQ(life('D', 0x40004c, 0x100), HANG_EXITING);
  EXPECT_EQ(life('Z', 0x40844c, 0), HANG_GONE);
}

TEST(LifeOfProcess, KnowsTheLivingAndTheDead) {
  EXPECT_EQ(hang_life_of(::getpid()), HANG_ALIVE);
  EXPECT_EQ(hang_life_of(0x7ffffff0), HANG_GONE);
  const int pid = ::fork();
  if (pid == 0) ::_exit(0);
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT), 0);
  EXPECT_EQ(hang_life_of(pid), HANG_GONE);  // a zombie holds no file any more
  ::waitpid(pid, nullptr, 0);
}

}  // namespace
