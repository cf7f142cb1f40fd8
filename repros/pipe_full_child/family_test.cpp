// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/pipe_full_child/family.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

#include <dirent.h>
#include <gtest/gtest.h>

#include "harness/testing/worker_process.h"
#include "repros/kit/reproducer.h"
#include "repros/kit/shared.h"
#include "repros/pipe_full_child/task_state.h"

namespace hangrate::pipe_full_child {
namespace {

using testing::comes_true;

constexpr std::size_t kHiveLine = 137;

std::string proc_text(int pid, const char* name) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/" + name);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

int open_descriptors() {
  int count = 0;
  DIR* folder = ::opendir("/proc/self/fd");
  if (folder == nullptr) return -1;
  while (::readdir(folder) != nullptr) ++count;
  ::closedir(folder);
  return count;
}

bool has_children() {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

class FamilyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(Family::adopt_orphans(), "");
    descriptors_ = open_descriptors();
  }

  void TearDown() override {
    family_.disperse();
    EXPECT_FALSE(has_children());
    EXPECT_EQ(open_descriptors(), descriptors_);
  }

  void start_and_wedge(Story story) {
    ASSERT_EQ(family_.start(story, 0, kHiveLine), "");
    ASSERT_TRUE(comes_true([&] {
      const Look seen = family_.look();
      const bool child_done = story == Story::KeepReadEnd || seen.child_state == 'S';
      return family_.child() != 0 && !seen.write_end.room && seen.parent_state == 'S' && child_done;
    }));
  }

  Family family_;
  int descriptors_ = -1;
};

Variant variant_named(const std::string& name) {
  for (const Variant& variant : kit::reproducer_manifest().variants) {
    if (variant.name == name) return variant;
  }
  return {};
}

/// Checks a process against a signature with what /proc shows to this user.
void expect_asleep_as(const Signature& signature, int pid) {
  EXPECT_NE(signature.states.find(task_state(pid)), std::string::npos);
  const std::string wchan = proc_text(pid, "wchan");
  if (!wchan.empty() && wchan != "0") {
    EXPECT_NE(std::find(signature.wchans.begin(), signature.wchans.end(), wchan),
              signature.wchans.end())
        << wchan;
  }
  std::istringstream stack(proc_text(pid, "stack"));
  if (stack.str().empty()) return;  // root only
  for (const auto& group : signature.frames) {
    EXPECT_TRUE(std::any_of(group.begin(), group.end(), [&](const std::string& frame) {
      return stack.str().find(" " + frame + "+") != std::string::npos;
    })) << stack.str();
  }
}

TEST_F(FamilyTest, DeadlockSleepsWhereTheManifestSays) {
  start_and_wedge(Story::Deadlock);
  const Look seen = family_.look();
  EXPECT_EQ(seen.step, ParentStep::Waiting);
  EXPECT_TRUE(seen.write_end.readers);
  EXPECT_LT(seen.written, family_.bytes());
  for (const Signature& signature : variant_named("deadlock").signatures) {
    expect_asleep_as(signature, signature.role == "child" ? family_.child() : family_.parent());
  }
  if (page_size() == 4096 && seen.capacity == 65536) {
    EXPECT_EQ(seen.queued, 63568);  // 464 lines of the Hive report, not 64 KiB
    EXPECT_EQ(seen.written, 63568u);
  }
  EXPECT_FALSE(family_.over());
}

TEST_F(FamilyTest, KeptReadEndHidesTheEndOfTheReader) {
  start_and_wedge(Story::KeepReadEnd);
  const Look seen = family_.look();
  EXPECT_EQ(seen.step, ParentStep::Writing);
  EXPECT_EQ(seen.child_state, '?');  // ended and reaped
  EXPECT_TRUE(seen.write_end.readers);
  expect_asleep_as(variant_named("keep-read-end").signatures.front(), family_.parent());
  EXPECT_TRUE(family_.drain());
  EXPECT_TRUE(comes_true([&] { return family_.over(); }));
  EXPECT_EQ(family_.ending(), Ending::Good);
}

TEST_F(FamilyTest, StopAndContinueFreesNobody) {
  start_and_wedge(Story::Deadlock);
  const std::uint64_t written = family_.look().written;
  for (const int pid : {family_.child(), family_.parent()}) {
    ASSERT_EQ(::kill(pid, SIGSTOP), 0);
    EXPECT_TRUE(comes_true([&] { return task_state(pid) == 'T'; }));
    ASSERT_EQ(::kill(pid, SIGCONT), 0);
    EXPECT_TRUE(comes_true([&] { return task_state(pid) == 'S'; }));
  }
  EXPECT_EQ(family_.look().written, written);
  EXPECT_FALSE(family_.over());
}

TEST_F(FamilyTest, LeverFreesBothAndEveryByteArrives) {
  start_and_wedge(Story::Deadlock);
  ASSERT_TRUE(family_.drain());
  EXPECT_TRUE(comes_true([&] { return family_.over(); }));
  EXPECT_EQ(family_.ending(), Ending::Good);
  EXPECT_EQ(family_.look().written, family_.bytes());
}

TEST_F(FamilyTest, LeverDoesNotBlockOnAnEmptyPipe) {
  start_and_wedge(Story::Deadlock);
  ASSERT_EQ(::kill(family_.child(), SIGSTOP), 0);
  ASSERT_TRUE(comes_true([&] { return task_state(family_.child()) == 'T'; }));
  ASSERT_TRUE(family_.drain());  // empties the pipe
  EXPECT_TRUE(family_.drain());  // nothing to read, and the writer cannot write
  EXPECT_EQ(family_.look().queued, 0);
  EXPECT_FALSE(family_.over());
  ASSERT_EQ(::kill(family_.child(), SIGCONT), 0);
  EXPECT_TRUE(comes_true([&] { return family_.over(); }));
}

TEST_F(FamilyTest, LeverLeavesTheWritersDescriptionBlocking) {
  start_and_wedge(Story::Deadlock);
  const auto child_flags = [&] {
    std::istringstream text(proc_text(family_.child(), "fdinfo/1"));
    std::string line;
    while (std::getline(text, line) && line.rfind("flags:", 0) != 0) continue;
    return line;
  };
  ASSERT_EQ(::kill(family_.child(), SIGSTOP), 0);
  ASSERT_TRUE(comes_true([&] { return task_state(family_.child()) == 'T'; }));
  const std::string before = child_flags();
  EXPECT_NE(before, "");
  ASSERT_TRUE(family_.drain());
  EXPECT_EQ(child_flags(), before);
}

TEST_F(FamilyTest, CuresEndByThemselvesAndLoseNothing) {
  for (const Story story : {Story::DrainPoll, Story::DrainThread}) {
    for (const std::size_t line : {kHiveLine, std::size_t{4097}}) {
      for (int i = 0; i < 20; ++i) {
        ASSERT_EQ(family_.start(story, 0, line), "");
        ASSERT_TRUE(comes_true([&] {
          family_.wait(kMilli);
          return family_.over();
        }));
        ASSERT_EQ(family_.ending(), Ending::Good) << family_.trouble();
        ASSERT_EQ(family_.look().read, family_.bytes());
      }
    }
  }
}

TEST_F(FamilyTest, KilledParentTakesTheChildAlong) {
  start_and_wedge(Story::Deadlock);
  ASSERT_EQ(::kill(family_.parent(), SIGKILL), 0);
  EXPECT_TRUE(comes_true([&] { return family_.over(); }));
  EXPECT_EQ(family_.ending(), Ending::Killed);
}

TEST_F(FamilyTest, KilledChildFreesTheParent) {
  start_and_wedge(Story::Deadlock);
  ASSERT_EQ(::kill(family_.child(), SIGKILL), 0);
  EXPECT_TRUE(comes_true([&] { return family_.over(); }));
  EXPECT_EQ(family_.ending(), Ending::Trouble);
}

TEST_F(FamilyTest, DeathOfTheWorkerLeavesNobodyBehind) {
  kit::Shared<std::array<std::atomic<int>, 2>> pids;
  ASSERT_TRUE(pids);
  const pid_t worker = ::fork();
  ASSERT_GE(worker, 0);
  if (worker == 0) {
    Family family;
    if (!family.start(Story::Deadlock, 0, kHiveLine).empty()) ::_exit(1);
    while (family.child() == 0 || family.look().child_state != 'S') ::sched_yield();
    (*pids)[0] = family.parent();
    (*pids)[1] = family.child();
    ::_exit(0);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(worker, &status, 0), worker);
  ASSERT_EQ(status, 0);
  ASSERT_NE((*pids)[1].load(), 0);
  // We are the subreaper, so both end as our children; nobody told them to but the kernel.
  EXPECT_TRUE(comes_true([] { return ::waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD; }));
}

}  // namespace
}  // namespace hangrate::pipe_full_child
