// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/proc_reader.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hangrate {
namespace {

namespace fs = std::filesystem;

/// Waits for the next answer as an event loop would; fails the test after 10 s.
SampleSet answer_of(ProcReader& reader) {
  const Nanos deadline = now_ns() + 10 * kSecond;
  while (now_ns() < deadline) {
    if (auto answer = reader.receive()) return answer->samples;
    pollfd wait{.fd = reader.fd(), .events = POLLIN, .revents = 0};
    ::poll(&wait, 1, 10);
  }
  ADD_FAILURE() << "no answer within 10 s";
  return {};
}

ReadTarget target_of(int pid, int tid) {
  ReadTarget target;
  target.pid = pid;
  target.tid = tid;
  target.victim = 1;
  return target;
}

/// A /proc of our own making in which reading one file blocks for ever (a FIFO nobody writes to),
/// or one is missing.
class MadeProc {
 public:
  explicit MadeProc(const std::string& wedged_file, const std::string& missing_file = "") {
    char name[] = "/tmp/hangrate-proc-XXXXXX";
    root_ = ::mkdtemp(name);
    const std::string task = root_ + "/7/task/7";
    fs::create_directories(task);
    for (const char* file : {"stat", "status", "wchan", "syscall", "stack"}) {
      if (file == missing_file) continue;
      if (file == wedged_file) {
        ::mkfifo((task + "/" + file).c_str(), 0600);
      } else {
        std::ofstream(task + "/" + file)
            << (std::string(file) == "stat" ? "7 (x) D 1 1 1 1 1 4 0" : "0");
      }
    }
  }
  ~MadeProc() { fs::remove_all(root_); }
  const std::string& root() const { return root_; }

 private:
  std::string root_;
};

TEST(ProcReader, ReadsASleepingChild) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    char byte = 0;
    ::_exit(::read(ends[0], &byte, 1) < 0 ? 1 : 0);
  }
  ProcReader reader;
  SampleSet seen;
  for (int i = 0; i < 1000 && (seen.tasks.empty() || seen.tasks[0].state != 'S'); ++i) {
    reader.request({target_of(child, child)}, kSecond);
    seen = answer_of(reader);
  }
  ASSERT_EQ(seen.tasks.size(), 1u);
  EXPECT_EQ(seen.tasks[0].state, 'S');
  EXPECT_TRUE(seen.tasks[0].switches.has_value());
  EXPECT_TRUE(seen.tasks[0].victim);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  reader.request({target_of(child, child)}, kSecond);
  seen = answer_of(reader);
  ASSERT_EQ(seen.tasks.size(), 1u);
  EXPECT_TRUE(seen.tasks[0].gone);
}

TEST(ProcReader, AFileThisKernelHasNotIsAbsentAndTheTaskIsNotGone) {
  const MadeProc proc("", "syscall");
  ProcReader reader(proc.root());
  reader.request({target_of(7, 7), target_of(8, 8)}, kSecond);
  const SampleSet seen = answer_of(reader);
  ASSERT_EQ(seen.tasks.size(), 2u);
  EXPECT_FALSE(seen.tasks[0].gone);
  EXPECT_EQ(seen.tasks[0].state, 'D');
  const auto& absent = seen.tasks[0].absent;
  EXPECT_TRUE(std::any_of(absent.begin(), absent.end(), [](const Absence& a) {
    return a.source == "syscall" && a.reason.find("No such file") != a.reason.npos;
  }));
  EXPECT_TRUE(seen.tasks[1].gone);
}

TEST(ProcReader, AHelperThatGetsStuckIsReplacedAndTheFileIsEvidence) {
  const MadeProc proc("wchan");
  ProcReader reader(proc.root());
  const pid_t first = reader.helper();
  const Nanos start = now_ns();
  reader.request({target_of(7, 7)}, 50 * kMilli);
  const SampleSet seen = answer_of(reader);
  EXPECT_LT(now_ns() - start, 5 * kSecond);
  EXPECT_TRUE(seen.tasks.empty());
  ASSERT_EQ(seen.absent.size(), 1u);
  EXPECT_EQ(seen.absent[0].source, "helper");
  EXPECT_NE(seen.absent[0].reason.find("/7/task/7/wchan"), std::string::npos);
  EXPECT_EQ(reader.abandoned(), 1);
  EXPECT_NE(reader.helper(), first);
}

TEST(ProcReader, EveryReplacementHasAGenerationOfItsOwnWhateverItsDescriptor) {
  const MadeProc proc("stat");
  ProcReader reader(proc.root());
  std::uint64_t generation = reader.generation();
  for (int i = 0; i < 3; ++i) {  // descriptors come back after two: a number alone tells nothing
    reader.request({target_of(7, 7)}, 20 * kMilli);
    answer_of(reader);
    EXPECT_GT(reader.generation(), generation);
    generation = reader.generation();
  }
}

TEST(ProcReader, RequestsBehindAStuckOneAreStillAnswered) {
  const MadeProc proc("stack");
  ProcReader reader(proc.root());
  reader.request({target_of(7, 7)}, 50 * kMilli);
  reader.request({target_of(8, 8)}, kSecond);
  EXPECT_EQ(answer_of(reader).absent.size(), 1u);
  const SampleSet second = answer_of(reader);
  ASSERT_EQ(second.tasks.size(), 1u);
  EXPECT_TRUE(second.tasks[0].gone);
}

TEST(ProcReader, SurvivesTheDeathOfItsHelper) {
  ProcReader reader;
  ::kill(reader.helper(), SIGKILL);
  reader.request({target_of(::getpid(), ::getpid())}, 200 * kMilli);
  answer_of(reader);  // given up or answered by the next
  reader.request({target_of(::getpid(), ::getpid())}, kSecond);
  EXPECT_EQ(answer_of(reader).tasks.size(), 1u);
}

TEST(ProcReader, AHelperThatDiesIdleIsReplacedAndItsSocketStaysSilent) {
  ProcReader reader;
  const pid_t first = reader.helper();
  ::kill(first, SIGKILL);
  for (int i = 0; i < 500 && reader.helper() == first; ++i) {
    EXPECT_FALSE(reader.receive().has_value());
    ::usleep(2000);
  }
  ASSERT_NE(reader.helper(), first);
  pollfd quiet{.fd = reader.fd(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&quiet, 1, 20), 0) << "an event loop would spin";
  reader.request({target_of(::getpid(), ::getpid())}, kSecond);
  EXPECT_EQ(answer_of(reader).tasks.size(), 1u);
}

TEST(ProcReader, HelpersThatKeepDyingEndInAReasonNotInAForkBomb) {
  ProcReader reader;
  for (int i = 0; i < 3 * ProcReader::kMostStuck && reader.trouble().empty(); ++i) {
    ::kill(reader.helper(), SIGKILL);
    reader.request({target_of(::getpid(), ::getpid())}, kMilli);
    answer_of(reader);
  }
  ASSERT_NE(reader.trouble(), "");
  reader.request({target_of(::getpid(), ::getpid())}, kSecond);
  const SampleSet seen = answer_of(reader);
  ASSERT_EQ(seen.absent.size(), 1u);
  EXPECT_EQ(seen.absent[0].reason, reader.trouble());
}

TEST(ProcReader, AnAbortTakesItsTurnAndHasNoAnswer) {
  ProcReader reader;
  reader.abort_fuse(1'000'000, 1, {}, {});  // there is no such connection
  const std::uint64_t id = reader.request({target_of(::getpid(), ::getpid())}, kSecond);
  for (int i = 0; i < 1000; ++i) {
    if (const auto answer = reader.receive()) {
      EXPECT_EQ(answer->id, id);
      return;
    }
    ::usleep(2000);
  }
  FAIL() << "the request behind the abort was never answered";
}

}  // namespace
}  // namespace hangrate
