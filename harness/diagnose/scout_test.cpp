// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which waits of real tasks a scout takes for worth a look at everything.
#include "harness/diagnose/scout.h"

#include <algorithm>
#include <csignal>
#include <set>
#include <string>
#include <utility>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/testing/command.h"

namespace hangrate {
namespace {

class Child {
 public:
  template <typename Body>
  explicit Child(Body body) : pid_(::fork()) {
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    body();
    ::_exit(0);
  }
  ~Child() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  int pid() const { return pid_; }

 private:
  pid_t pid_;
};

/// Of a futex in memory that is shared.
void wait_in(void* memory) {
  if (memory != MAP_FAILED) ::syscall(SYS_futex, memory, FUTEX_WAIT, 0, nullptr, nullptr, 0);
}

/// Which of the tasks it has offered until all of `wanted` are among them, and some looks later.
class Offered {
 public:
  Offered(Scout& scout, std::set<int> wanted) : wanted_(std::move(wanted)) {
    for (int later = 0; later < 4;) {
      const auto report = scout.next();
      if (!report) return;
      for (const auto& [tid, since] : report->resting) tids_.insert(tid);
      later += has_all() ? 1 : 0;
    }
    whole_ = true;
  }
  bool whole() const { return whole_; }
  bool has(const Child& child) const { return tids_.contains(child.pid()); }

 private:
  bool has_all() const {
    return std::includes(tids_.begin(), tids_.end(), wanted_.begin(), wanted_.end());
  }

  std::set<int> wanted_;
  std::set<int> tids_;
  bool whole_ = false;
};

class ScoutOfTasks : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "which file is mapped is told to root";
    ASSERT_TRUE(scout_.start({}));
  }
  Scout scout_{{.pids = {::getpid()}, .cgroup = "", .all = false}, 50 * kMilli};
};

TEST_F(ScoutOfTasks, OffersAFutexInMemoryThatNobodyElseCanMapAndNoOther) {
  const testing::TempFolder folder;
  const std::string path = folder.path() + "/named";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_EQ(::ftruncate(file, 4096), 0);
  const auto map = [](int flags, int of) {
    return ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | flags, of, 0);
  };
  const Child named([&] { wait_in(map(0, file)); });
  const Child inherited([&] { wait_in(map(MAP_ANONYMOUS, -1)); });
  const Offered offered(scout_, {inherited.pid()});
  EXPECT_TRUE(offered.whole()) << "a read of the scout blocks";
  EXPECT_TRUE(offered.has(inherited));
  EXPECT_FALSE(offered.has(named));
  ::close(file);
}

/// Its task never runs: it is the name of the FIFO that goes.
TEST_F(ScoutOfTasks, OffersAWaitThatWasOpenAndIsNotAnyMore) {
  const testing::TempFolder folder;
  const std::string path = folder.path() + "/fifo";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const Child reads([&] {
    char byte = 0;
    const int fifo = ::open(path.c_str(), O_RDWR);
    [[maybe_unused]] const ssize_t n = ::read(fifo, &byte, 1);
  });
  const Child inherited([] {
    wait_in(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  });
  const Offered with_a_name(scout_, {inherited.pid()});
  EXPECT_TRUE(with_a_name.whole()) << "a read of the scout blocks";
  EXPECT_FALSE(with_a_name.has(reads)) << "anybody may open it";
  ASSERT_EQ(::unlink(path.c_str()), 0);
  EXPECT_TRUE(Offered(scout_, {reads.pid()}).has(reads));
}

}  // namespace
}  // namespace hangrate
