// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/own_tasks.h"

#include <atomic>
#include <csignal>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <linux/sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/file.h"
#include "harness/model/proc_text.h"
#include "harness/testing/command.h"
#include "harness/testing/worker_process.h"

namespace hangrate {
namespace {

using hangrate::testing::comes_true;

void end(pid_t pid) {
  if (pid <= 0) return;  // there was no fork; to kill(2) it would mean everybody
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

/// Sleeps for as long as its parent lives.
[[noreturn]] void sleep_under(pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  while (::getppid() == parent) ::pause();  // it may have ended before we said that
  ::_exit(0);
}

pid_t sleeper() {
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  sleep_under(parent);
}

/// A worker with one child of its own.
struct Family {
  pid_t worker = 0;
  pid_t child = 0;

  Family() {
    auto* shared = static_cast<std::atomic<int>*>(
        ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    const pid_t parent = ::getpid();
    worker = ::fork();
    if (worker == 0) {
      shared->store(sleeper());
      sleep_under(parent);
    }
    comes_true([&] { return shared->load() != 0; });
    child = shared->load();
    ::munmap(shared, 4096);
  }
  ~Family() { end(worker); }
  Family(const Family&) = delete;
  Family& operator=(const Family&) = delete;
};

TEST(OwnTasks, ThoseOfTheWorkerAreOursAndThoseOfNobodyElse) {
  const Family one;
  const Family other;
  OwnTasks own(::getpid(), "");
  own.know_workers({one.worker, other.worker});
  const Namer namer{one.worker, 1};
  EXPECT_EQ(own.standing(namer, one.worker), Standing::Ours);
  EXPECT_EQ(own.standing(namer, one.child), Standing::Ours);
  for (const pid_t foreign : {other.worker, other.child, 1, ::getpid(), ::getppid(), 0, -1}) {
    EXPECT_EQ(own.standing(namer, foreign), Standing::Foreign) << foreign;
    EXPECT_FALSE(own.signal(namer, foreign, foreign, 0, 0)) << foreign;
  }
}

TEST(OwnTasks, AnAdoptedOrphanIsOursOnlyInsideTheCgroup) {
  const Family one;
  const pid_t orphan = sleeper();  // to whom an adopted orphan looks the same: a child of ours
  const hangrate::testing::TempFolder folder;
  const std::string procs = folder / "procs";
  OwnTasks own(::getpid(), procs);
  const Namer namer{one.worker, 1};
  std::ofstream(procs) << one.worker << '\n' << one.child << '\n';
  EXPECT_EQ(own.standing(namer, orphan), Standing::Foreign);
  std::ofstream(procs) << one.worker << '\n' << orphan << '\n';
  EXPECT_EQ(own.standing(namer, orphan), Standing::Ours);
  end(orphan);
}

TEST(OwnTasks, WhoHasEndedIsGoneAndIsNeverSignalled) {
  const Family one;
  OwnTasks own(::getpid(), "");
  const Namer namer{::getpid(), 1};
  const pid_t before = sleeper();
  EXPECT_EQ(own.standing(namer, before), Standing::Ours);
  end(before);
  EXPECT_EQ(own.standing(namer, before), Standing::Gone);
  EXPECT_FALSE(own.signal(namer, before, before, 0, 0));
  const pid_t never_seen = sleeper();
  end(never_seen);
  EXPECT_EQ(own.standing(namer, never_seen), Standing::Gone);
}

/// A child with a number of our choice (clone3 with set_tid, v5.5); -1: not permitted.
pid_t sleeper_numbered(pid_t number) {
  clone_args args{};
  args.exit_signal = SIGCHLD;
  args.set_tid = reinterpret_cast<__u64>(&number);
  args.set_tid_size = 1;
  const pid_t parent = ::getpid();
  const auto pid = static_cast<pid_t>(::syscall(SYS_clone3, &args, sizeof args));
  if (pid != 0) return pid;
  sleep_under(parent);
}

TEST(OwnTasks, ANumberThatWasGivenAgainMeansNobodyInTheSameWatch) {
  OwnTasks own(::getpid(), "");
  const pid_t first = sleeper();
  EXPECT_EQ(own.standing({::getpid(), 1}, first), Standing::Ours);
  end(first);
  const pid_t second = sleeper_numbered(first);
  if (second != first) GTEST_SKIP() << "clone3 with set_tid is not permitted here";
  EXPECT_EQ(own.standing({::getpid(), 1}, second), Standing::Gone);
  EXPECT_FALSE(own.signal({::getpid(), 1}, second, second, 0, SIGKILL));
  EXPECT_EQ(own.standing({::getpid(), 2}, second), Standing::Ours);
  EXPECT_EQ(::waitpid(second, nullptr, WNOHANG), 0) << "it was signalled";
  end(second);
}

TEST(OwnTasks, ASignalGoesOnlyToTheTaskThatWasLookedAt) {
  OwnTasks own(::getpid(), "");
  const pid_t child = sleeper();
  TaskSample seen;
  parse_stat(read_file("/proc/" + std::to_string(child) + "/stat").value_or(""), seen);
  ASSERT_TRUE(seen.started.has_value());
  const Namer namer{::getpid(), 1};
  EXPECT_FALSE(own.signal(namer, child, child, *seen.started + 1, SIGKILL));
  EXPECT_EQ(::waitpid(child, nullptr, WNOHANG), 0) << "it was signalled";
  EXPECT_TRUE(own.signal(namer, child, child, *seen.started, SIGKILL));
  EXPECT_EQ(::waitpid(child, nullptr, 0), child);
}

TEST(OwnTasks, TheNumberOfAThreadIsNoProcessToSignal) {
  std::atomic<pid_t> tid{0};
  std::atomic<bool> over{false};
  std::thread thread([&] {
    tid = static_cast<pid_t>(::syscall(SYS_gettid));
    comes_true([&] { return over.load(); });
  });
  ASSERT_TRUE(comes_true([&] { return tid.load() != 0; }));
  OwnTasks own(::getppid(), "");
  EXPECT_FALSE(own.signal({::getpid(), 1}, tid.load(), tid.load(), 0, 0));
  over = true;
  thread.join();
}

TEST(OwnTasks, AConnectionThatNobodyOfUsMountedIsNotOurs) {
  const Family one;
  OwnTasks own(::getpid(), "");
  EXPECT_FALSE(own.owns_connection({one.worker, 1}, {one.child, 1}, 1'000'000));
}

}  // namespace
}  // namespace hangrate
