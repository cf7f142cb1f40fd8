// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/fuse_flush_exit/task_life.h"

#include <sstream>
#include <string>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hangrate::fuse_flush_exit {

namespace {

std::string stat_line(const std::string& name, char state, std::uint64_t flags,
                      std::uint64_t pending) {
  std::ostringstream line;
  line << "4711 (" << name << ") " << state << " 1 2 3 0 -1 " << flags;
  for (int field = 10; field < 31; ++field) line << " 0";
  line << ' ' << pending << " 0 1 0\n";
  return line.str();
}

TEST(TaskStat, AcceptsParenthesisSpaceAndNewlineInTheName) {
  for (const char* name : {"fuse-daemon", "a) Z 9 9", ") (", "two\nlines", "", "((("}) {
    const auto stat = parse_task_stat(stat_line(name, 'D', 4195404, 256));
    ASSERT_TRUE(stat.has_value()) << name;
    EXPECT_EQ(stat->state, 'D');
    EXPECT_EQ(stat->flags, 4195404U);
    EXPECT_EQ(stat->pending, 256U);
  }
}

TEST(TaskStat, ReadsALineOfARealVictim) {
  const auto stat = parse_task_stat(
      "19173 (fuse-daemon) D 19171 19170 5066 0 -1 4195404 1 0 0 0 0 0 0 0 20 0 2 0 229801 0 0 "
      "18446744073709551615 0 0 0 0 0 0 0 0 0 1 0 0 -1 0 0 0 0 0 0 0 0 0 0 0 0 0\n");
  ASSERT_TRUE(stat.has_value());
  EXPECT_EQ(life_of_task(*stat), Life::Exiting);
}

TEST(TaskStat, RefusesWhatIsCutOff) {
  EXPECT_FALSE(parse_task_stat("").has_value());
  EXPECT_FALSE(parse_task_stat("4711 (name").has_value());
  EXPECT_FALSE(parse_task_stat("4711 (name)").has_value());
  EXPECT_FALSE(parse_task_stat("4711 (name) D 1 2 3 0 -1 4195404").has_value());
  EXPECT_FALSE(parse_task_stat("4711 (name) D 1 2 3 0 -1 flags 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 "
                               "0 0 0 0 0")
                   .has_value());
}

TEST(TaskStat, TheLivesOfATask) {
  const auto life = [](char state, std::uint64_t flags, std::uint64_t pending) {
    return life_of_task(TaskStat{.state = state, .flags = flags, .pending = pending});
  };
  EXPECT_EQ(life('S', 0x400040, 0), Life::Alive);
  EXPECT_EQ(life('D', 0x400040, 0x100), Life::Killed);
  EXPECT_EQ(life('D', 0x40004c, 0), Life::Exiting);
  EXPECT_EQ(life('D', 0x40004c, 0x100), Life::Exiting);
  EXPECT_EQ(life('Z', 0x40844c, 0), Life::Gone);
}

TEST(LifeOfProcess, KnowsTheLivingAndTheDead) {
  EXPECT_EQ(life_of_process(::getpid()), Life::Alive);
  EXPECT_EQ(life_of_process(0x7ffffff0), Life::Gone);
  const int pid = ::fork();
  if (pid == 0) ::_exit(0);
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT), 0);
  EXPECT_EQ(life_of_process(pid), Life::Gone);  // a zombie holds no file any more
  ::waitpid(pid, nullptr, 0);
}

}  // namespace

}  // namespace hangrate::fuse_flush_exit
