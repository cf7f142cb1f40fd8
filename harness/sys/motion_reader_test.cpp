// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who has run between two looks, of tasks that are there.
#include "harness/sys/motion_reader.h"

#include <atomic>
#include <csignal>
#include <thread>

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/file.h"
#include "harness/model/proc_text.h"

namespace hangrate {
namespace {

/// A child that answers every byte, and has a second thread if asked by 't'.
class Echo {
 public:
  Echo() {
    if (::pipe(order_) != 0 || ::pipe(answer_) != 0) ::abort();
    pid_ = ::fork();
    if (pid_ == 0) serve();
  }
  ~Echo() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    for (const int fd : {order_[0], order_[1], answer_[0], answer_[1]}) ::close(fd);
  }
  Echo(const Echo&) = delete;
  Echo& operator=(const Echo&) = delete;
  int pid() const { return pid_; }
  void call(char byte) const {
    ASSERT_EQ(::write(order_[1], &byte, 1), 1);
    ASSERT_EQ(::read(answer_[0], &byte, 1), 1);
  }

 private:
  [[noreturn]] void serve() const {
    char byte = 0;
    while (::read(order_[0], &byte, 1) == 1) {
      if (byte == 't') std::thread([] { ::pause(); }).detach();
      if (::write(answer_[1], &byte, 1) != 1) break;
    }
    ::_exit(0);
  }

  int order_[2] = {-1, -1};
  int answer_[2] = {-1, -1};
  int pid_ = -1;
};

std::size_t threads_of(const TaskMotions& seen, int pid) {
  std::size_t count = 0;
  for (const auto& [tid, motion] : seen) count += motion.pid == pid ? 1 : 0;
  return count;
}

TEST(MotionReader, WhoRunsMovesAndWhoSleepsDoesNot) {
  const Echo runs;
  const Echo sleeps;
  runs.call('x');
  sleeps.call('x');
  MotionReader reader;
  // Back in its read(2) after its answer: two looks that agree.
  TaskMotions before = reader.look();
  for (TaskMotions again; (again = reader.look())[sleeps.pid()] != before[sleeps.pid()] ||
                          again[runs.pid()] != before[runs.pid()];) {
    before = again;
  }
  runs.call('x');
  TaskMotions after = reader.look();
  EXPECT_NE(after.at(runs.pid()), before.at(runs.pid()));
  EXPECT_EQ(after.at(sleeps.pid()), before.at(sleeps.pid()));
}

TEST(MotionReader, SeesAThreadThatComesLater) {
  const Echo echo;
  MotionReader reader;
  EXPECT_EQ(threads_of(reader.look(), echo.pid()), 1U);
  echo.call('t');
  EXPECT_EQ(threads_of(reader.look(), echo.pid()), 2U);
}

TEST(MotionReader, LeavesOutItselfTheKernelAndWhoBlocks) {
  const Echo echo;
  TaskMotions seen = MotionReader({{echo.pid()}, nullptr}).look();
  EXPECT_EQ(threads_of(seen, echo.pid()), 0U);
  EXPECT_EQ(threads_of(seen, ::getpid()), 0U);
  const bool has_kernel = read_file("/proc/2/comm").value_or("") == "kthreadd\n";
  EXPECT_FALSE(has_kernel && seen.contains(2));
}

TEST(Schedstat, IsReadOrRefused) {
  const auto motion = parse_schedstat("120034 55 17\n");
  ASSERT_TRUE(motion);
  EXPECT_EQ(motion->ran, 120034);
  EXPECT_EQ(motion->times, 17U);
  EXPECT_FALSE(parse_schedstat("0 0 0\n")) << "counts nothing here, or has not run";
  EXPECT_FALSE(parse_schedstat(""));
  EXPECT_FALSE(parse_schedstat("12"));
}

}  // namespace
}  // namespace hangrate
