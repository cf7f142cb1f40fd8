// SPDX-License-Identifier: GPL-2.0-or-later
//
// The real thing, as root with /dev/fuse, in a mount namespace of the test's own. Passes on kernels
// with and without the bug: a trial may hang or not, but nothing may be left.
#include "repros/fuse_flush_exit/shot.h"

#include <atomic>
#include <cerrno>
#include <fstream>
#include <new>
#include <set>
#include <sstream>
#include <string>

#include <dirent.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "repros/fuse_flush_exit/keeper.h"
#include "repros/fuse_flush_exit/workspace.h"

namespace hangrate::fuse_flush_exit {

namespace {

template <typename Condition>
bool eventually(Condition condition) {
  const Nanos deadline = now_ns() + 5 * kSecond;
  while (!condition()) {
    if (now_ns() > deadline) return false;
    ::usleep(200);
  }
  return true;
}

std::multiset<std::string> lines_of(const char* path) {
  std::ifstream file(path);
  std::multiset<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.insert(line);
  return lines;
}

std::set<std::string> names_in(const char* path) {
  std::set<std::string> names;
  DIR* folder = ::opendir(path);
  if (folder == nullptr) return names;
  while (const dirent* entry = ::readdir(folder)) names.insert(entry->d_name);
  ::closedir(folder);
  return names;
}

/// Everything a trial could leave on the machine. Orphans come to us: we are their subreaper.
struct Belongings {
  std::multiset<std::string> mounts = lines_of("/proc/self/mountinfo");
  std::set<std::string> descriptors = names_in("/proc/self/fd");
  bool operator==(const Belongings&) const = default;
};

bool no_children() {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 && errno == ECHILD;
}

class RealMount : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    FuseServer probe;
    std::string problem = probe.open();
    if (problem.empty()) problem = workspace();
    if (!problem.empty()) GTEST_SKIP() << problem;
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  }

 private:
  static const std::string& workspace() {
    static const std::string problem = enter_workspace();  // once: it hides the one before
    return problem;
  }
};

TEST_F(RealMount, IsFoundWithoutAServer) {
  FuseServer server;
  ASSERT_EQ(server.open(), "");
  ASSERT_EQ(server.mount(kMountPoint), "");
  const int connection = fuse_connection_at(kMountPoint);  // would sleep for ever if it asked
  EXPECT_GT(connection, 0);
  EXPECT_EQ(fuse_requests_waiting(connection), 1);  // INIT
  EXPECT_TRUE(abort_fuse_connection(connection));
  EXPECT_EQ(fuse_requests_waiting(connection), 0);
  EXPECT_EQ(unmount(kMountPoint), "");
  EXPECT_TRUE(eventually([&] { return !fuse_requests_waiting(connection); }));
}

TEST_F(RealMount, ServesAFile) {
  FuseServer server;
  ASSERT_EQ(server.open(), "");
  ASSERT_EQ(server.mount(kMountPoint), "");
  Mailbox mailbox;
  ASSERT_EQ(mailbox.open(), "");
  Child daemon;
  ASSERT_EQ(daemon.start(0, [&] { run_daemon(server, mailbox, DaemonTask::Serve, {}); }), "");
  server.close();
  Child client;
  ASSERT_EQ(client.start(0,
                         [&] {
                           std::ifstream file(kServedFile);
                           std::ostringstream text;
                           text << file.rdbuf();
                           const bool same = text.str() == kFuseFileContent;
                           mailbox.send(same ? News::Armed : News::Failed, EBADMSG);
                         }),
            "");
  EXPECT_EQ(mailbox.receive(5 * kSecond).news, News::Armed);
  EXPECT_TRUE(client.reap_within(5 * kSecond));
  daemon.kill();
  EXPECT_TRUE(daemon.reap_within(5 * kSecond));
  EXPECT_EQ(unmount(kMountPoint), "");
}

TEST_P(RealMount, FiftyTrialsLeaveNothingBehind) {
  const Scene scene = scene_named(GetParam());
  const Belongings before;
  Shot shot(scene);
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(shot.mount(), "");
    const int connection = shot.connection();
    ASSERT_EQ(shot.arm(), "");
    shot.kill();
    // By itself where the kernel is healthy; else until its request is seen, which is then aborted.
    ASSERT_TRUE(eventually(
        [&] { return shot.finished() || fuse_requests_waiting(connection).value_or(0) > 0; }));
    shot.abort();
    ASSERT_TRUE(eventually([&] { return shot.finished(); }));
    ASSERT_EQ(shot.clean_up(), "");
    ASSERT_TRUE(eventually([&] { return !fuse_requests_waiting(connection); }));
  }
  EXPECT_TRUE(eventually(no_children));
  EXPECT_EQ(before, Belongings());
}

TEST_P(RealMount, CleaningUpFreesAVictimThatHangs) {
  const Belongings before;
  Shot shot(scene_named(GetParam()));
  ASSERT_EQ(shot.mount(), "");
  ASSERT_EQ(shot.arm(), "");
  shot.kill();
  shot.wait(2 * kMilli);
  EXPECT_EQ(shot.clean_up(), "");
  EXPECT_TRUE(no_children());
  EXPECT_EQ(before, Belongings());
}

TEST_P(RealMount, CleaningUpBeforeTheKillLeavesNothingEither) {
  const Belongings before;
  Shot shot(scene_named(GetParam()));
  ASSERT_EQ(shot.mount(), "");
  ASSERT_EQ(shot.arm(), "");
  EXPECT_EQ(shot.clean_up(), "");
  EXPECT_TRUE(no_children());
  EXPECT_EQ(before, Belongings());
}

INSTANTIATE_TEST_SUITE_P(Scenes, RealMount,
                         testing::Values("self-held", "pid-namespace", "inherited-fd",
                                         "live-daemon", "lookup", "no-flush"),
                         [](const auto& scene) {
                           std::string name = scene.param;
                           std::erase(name, '-');
                           return name;
                         });

/// Kills the victim and waits until it is dead or has sent its last request.
class Judgement : public RealMount {
 protected:
  void provoke(Shot& shot) {
    ASSERT_EQ(shot.mount(), "");
    ASSERT_EQ(shot.arm(), "");
    shot.kill();
    eventually([&] {
      return shot.finished() || fuse_requests_waiting(shot.connection()).value_or(0) > 0;
    });
    shot.wait(20 * kMilli);
  }
};

TEST_F(Judgement, AVictimThatIsItsOwnServerBreaksTheInvariant) {
  for (const Scene scene : {Scene::SelfHeld, Scene::PidNamespace, Scene::InheritedFd}) {
    Shot shot(scene);
    provoke(shot);
    if (shot.finished()) {
      EXPECT_EQ(shot.clean_up(), "");
      GTEST_SKIP() << "this kernel flushes asynchronously: the daemon died";
    }
    const kit::Invariant found = shot.invariant();
    EXPECT_EQ(found.status, kit::InvariantStatus::Broken) << found.text;
    EXPECT_THAT(found.text, testing::MatchesRegex("connection [0-9]+ has 1 request waiting and its "
                                                  "only server, process [0-9]+, is exiting"));
    EXPECT_EQ(shot.clean_up(), "");
  }
}

TEST_F(Judgement, ALivingServerKeepsTheInvariant) {
  Shot shot(Scene::LiveDaemon);
  provoke(shot);
  const kit::Invariant found = shot.invariant();
  EXPECT_EQ(found.status, kit::InvariantStatus::Holds) << found.text;
  EXPECT_EQ(shot.clean_up(), "");
}

TEST_F(Judgement, AServerStuckInItsOwnLookupIsNotExiting) {
  Shot shot(Scene::Lookup);
  provoke(shot);
  EXPECT_FALSE(shot.finished());
  const kit::Invariant found = shot.invariant();
  EXPECT_NE(found.status, kit::InvariantStatus::Broken) << found.text;
  EXPECT_THAT(found.text, testing::HasSubstr("has been killed but has not begun to exit"));
  EXPECT_EQ(shot.clean_up(), "");
}

TEST_F(Judgement, WithoutAFlushTheDaemonDies) {
  Shot shot(Scene::NoFlush);
  ASSERT_EQ(shot.mount(), "");
  ASSERT_EQ(shot.arm(), "");
  shot.kill();
  EXPECT_TRUE(eventually([&] { return shot.finished(); }));
  EXPECT_EQ(shot.clean_up(), "");
}

TEST_F(RealMount, TheKeeperFreesTheVictimOfADeadWorker) {
  void* page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(page, MAP_FAILED);
  auto* shared = new (page) std::atomic<int>(0);
  Child worker;
  ASSERT_EQ(worker.start(0,
                         [&] {
                           Keeper keeper;
                           Shot shot(Scene::SelfHeld);
                           if (!keeper.start().empty() || !shot.mount().empty()) ::_exit(1);
                           keeper.guard(shot.connection());
                           if (!shot.arm().empty()) ::_exit(1);
                           shared->store(shot.connection());
                           while (true) ::pause();
                         }),
            "");
  ASSERT_TRUE(eventually([&] { return shared->load() != 0; }));
  worker.kill();  // takes the daemon along by PR_SET_PDEATHSIG, which wedges it
  EXPECT_TRUE(worker.reap_within(5 * kSecond));
  // The daemon and the keeper are ours now; both end.
  const auto orphans_end = [] {
    siginfo_t info{};
    while (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG) == 0 && info.si_pid != 0) info = {};
    return no_children();
  };
  EXPECT_TRUE(eventually(orphans_end));
  abort_fuse_connection(shared->load());  // if the keeper did not
  EXPECT_TRUE(eventually(orphans_end));
  EXPECT_EQ(unmount(kMountPoint), "");
  EXPECT_TRUE(eventually([&] { return !fuse_requests_waiting(shared->load()); }));
  ::munmap(page, 4096);
}

}  // namespace

}  // namespace hangrate::fuse_flush_exit
