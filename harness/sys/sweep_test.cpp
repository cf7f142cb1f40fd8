// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/sweep.h"

#include <csignal>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/unique_fd.h"
#include "harness/sys/cgroup.h"
#include "harness/sys/child.h"

namespace hangrate {
namespace {

namespace fs = std::filesystem;

class Sweep : public testing::Test {
 protected:
  Sweep() {
    char name[] = "/tmp/sweep-test-XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  ~Sweep() override { fs::remove_all(folder_); }

  /// What a run that was killed has left: a record without an owner.
  std::string orphan(const std::string& more = "") {
    char name[64];
    std::snprintf(name, sizeof name, "hangrate-%d-%016x", ::getpid(), ++count_);
    std::ofstream(path_of(name)) << "boot " << boot_id() << "\n" << more;
    ::chmod(path_of(name).c_str(), 0600);
    return name;
  }
  std::string path_of(const std::string& name) const { return folder_ + "/" + name; }
  SweepReport sweep() const { return sweep_leftovers({folder_}); }

  std::string folder_;
  unsigned count_ = 0;
};

TEST_F(Sweep, NothingOnRecordIsCleanAndNothing) {
  EXPECT_EQ(sweep().text(), "nothing");
  EXPECT_TRUE(sweep().clean());
  EXPECT_TRUE(sweep_leftovers({folder_ + "/none"}).clean());
}

TEST_F(Sweep, ARunInFlightIsNotTouchedAndOneThatIsOverIs) {
  std::string path;
  {
    const RunRecord run = RunRecord::make({folder_});
    ASSERT_EQ(run.trouble(), "");
    path = run.path();
    EXPECT_EQ(sweep().owned, 1);
    EXPECT_EQ(sweep().records, 0);
    EXPECT_TRUE(fs::exists(path));
  }
  EXPECT_FALSE(fs::exists(path));
  const std::string over = orphan();
  EXPECT_EQ(sweep().records, 1);
  EXPECT_FALSE(fs::exists(path_of(over)));
}

TEST_F(Sweep, ARunWhoseSupervisorIsGoneIsWaitedForUntilItsLastHolderIsToo) {
  const pid_t supervisor = ::fork();  // a pid nobody has any more
  if (supervisor == 0) ::_exit(0);
  ::waitpid(supervisor, nullptr, 0);
  const std::string name = "hangrate-" + std::to_string(supervisor) + "-0123456789abcdef";
  std::ofstream(path_of(name)) << "boot " << boot_id() << "\n";
  ::chmod(path_of(name).c_str(), 0600);
  const pid_t janitor = ::fork();
  if (janitor == 0) {
    const int held = ::open(path_of(name).c_str(), O_RDWR);
    if (::flock(held, LOCK_EX) != 0) ::_exit(1);
    ::usleep(100'000);
    ::_exit(0);
  }
  const UniqueFd look(::open(path_of(name).c_str(), O_RDWR | O_CLOEXEC));
  while (::flock(look.get(), LOCK_EX | LOCK_NB) == 0) ::flock(look.get(), LOCK_UN);
  const SweepReport report = sweep();
  EXPECT_EQ(report.records, 1);
  EXPECT_EQ(report.owned, 0);
  ::waitpid(janitor, nullptr, 0);
}

TEST_F(Sweep, ACgroupWithATaskInItGoesAndItsNeighbourStays) {
  const std::string name = orphan();
  Cgroup group = Cgroup::make(name.substr(9));
  if (group.version() == 0) GTEST_SKIP() << group.why_not();
  const Cgroup neighbour = Cgroup::make(std::to_string(::getpid()) + "-neighbour");
  std::ofstream(path_of(name), std::ios::app) << "cgroup " << group.path() << "\n"
                                              << "cgroup " << neighbour.path() << "\n";
  const auto start = [](const Cgroup& cgroup) {
    return spawn({.argv = {"/bin/sleep", "600"},
                  .cgroup_fd = cgroup.directory_fd(),
                  .cgroup_procs = cgroup.procs_file()});
  };
  const auto inside = start(group);
  const auto beside = start(neighbour);
  ASSERT_TRUE(inside && beside);
  while (group.processes().empty() || neighbour.processes().empty()) ::usleep(1000);
  const SweepReport report = sweep();
  EXPECT_EQ(report.processes, 1) << report.text();
  EXPECT_EQ(report.cgroups, 1);
  EXPECT_TRUE(report.clean());
  EXPECT_FALSE(fs::exists(group.path()));
  int status = 0;
  EXPECT_EQ(::waitpid(*beside, &status, WNOHANG), 0);
  signal_child(*beside, SIGKILL);
  ::waitpid(*beside, &status, 0);
  EXPECT_EQ(::waitpid(*inside, &status, 0), *inside);
  EXPECT_TRUE(WIFSIGNALED(status));
}

TEST_F(Sweep, ACgroupThatAReproducerMadeInTheRootOfV2GoesWithItsTasks) {
  const UniqueFd root = open_cgroup2_root();
  if (!root) GTEST_SKIP() << "no cgroup v2 to be had: run as root";
  const std::string ours = orphan() + "-0-7-frozen", other = "hangrate-of-nobody-on-record";
  for (const std::string& name : {ours, other}) ::mkdirat(root.get(), name.c_str(), 0700);
  const UniqueFd inside(::openat(root.get(), ours.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  auto task = spawn({.argv = {"/bin/sleep", "60"}, .cgroup_fd = inside.get()});
  ASSERT_TRUE(task) << task.error().what();
  const SweepReport report = sweep();
  EXPECT_EQ(report.cgroups, 1);
  EXPECT_EQ(report.processes, 1);
  EXPECT_TRUE(report.clean()) << report.left.size();
  EXPECT_NE(::faccessat(root.get(), ours.c_str(), F_OK, 0), 0);
  EXPECT_EQ(::unlinkat(root.get(), other.c_str(), AT_REMOVEDIR), 0) << "the sweep took it";
  ::waitpid(*task, nullptr, 0);
}

TEST_F(Sweep, FoldersOfTheRunGoWithTheirLinksAndWhatLinksNameStays) {
  const std::string kept = folder_ + "/kept";
  fs::create_directory(kept);
  std::ofstream(kept + "/file") << "precious";
  const std::string name = orphan();
  const std::string ours = "/tmp/" + name + "-3-abc";
  fs::create_directories(ours + "/deep");
  std::ofstream(ours + "/deep/file") << "x";
  fs::create_symlink(kept, ours + "/deep/link");
  const std::string other = "/tmp/" + name + "x";
  fs::create_directory(other);
  fs::rename(kept, folder_ + "-kept");  // the records' folder holds records only
  fs::remove(ours + "/deep/link");
  fs::create_symlink(folder_ + "-kept", ours + "/deep/link");
  const SweepReport report = sweep();
  EXPECT_EQ(report.folders, 1);
  EXPECT_TRUE(report.clean());
  EXPECT_FALSE(fs::exists(ours));
  EXPECT_TRUE(fs::exists(folder_ + "-kept/file"));
  EXPECT_TRUE(fs::exists(other));
  fs::remove(other);
  fs::remove_all(folder_ + "-kept");
}

TEST_F(Sweep, WhatAnotherUserMayHavePlantedIsNotBelieved) {
  const std::string open_to_others = orphan();
  ::chmod(path_of(open_to_others).c_str(), 0666);
  const std::string target = orphan();
  fs::rename(path_of(target), folder_ + "-target");
  fs::create_symlink(folder_ + "-target", path_of(target));
  std::ofstream(path_of("hangrate-")) << "boot " << boot_id() << "\n";
  const SweepReport report = sweep();
  EXPECT_EQ(report.records, 0);
  EXPECT_EQ(report.left.size(), 3u);
  EXPECT_TRUE(fs::exists(folder_ + "-target"));
  fs::remove(folder_ + "-target");
}

TEST_F(Sweep, AFolderOfRecordsThatIsOpenToOthersOrALinkIsNotBelieved) {
  const std::string name = orphan();
  ::chmod(folder_.c_str(), 0777);
  EXPECT_FALSE(sweep().clean());
  EXPECT_TRUE(fs::exists(path_of(name)));
  ::chmod(folder_.c_str(), 0700);
  const std::string link = folder_ + "-link";
  fs::create_symlink(folder_, link);
  EXPECT_FALSE(sweep_leftovers({link}).clean());
  EXPECT_TRUE(fs::exists(path_of(name)));
  fs::remove(link);
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(folder_.c_str(), 65534, 65534), 0);
    EXPECT_FALSE(sweep().clean());
    EXPECT_TRUE(fs::exists(path_of(name)));
    ASSERT_EQ(::chown(folder_.c_str(), 0, 0), 0);
  }
  EXPECT_EQ(sweep().records, 1);
}

/// A FUSE mount in the mount namespace of a process of its own, as a worker has it.
class Mounted {
 public:
  explicit Mounted(const std::string& source) : device_(::open("/dev/fuse", O_RDWR | O_CLOEXEC)) {
    int ends[2];
    if (!device_ || ::pipe2(ends, O_CLOEXEC) != 0) return;
    const UniqueFd reader(ends[0]);
    const UniqueFd writer(ends[1]);
    holder_ = ::fork();
    if (holder_ == 0) hold(source, writer.get());
    char one = 0;
    pollfd told{.fd = reader.get(), .events = POLLIN, .revents = 0};
    if (::poll(&told, 1, 10'000) != 1 || ::read(reader.get(), &one, 1) != 1 || one != 'y') return;
    works_ = ::read(reader.get(), &connection_, sizeof connection_) == sizeof connection_;
  }
  ~Mounted() {
    if (holder_ <= 0) return;
    signal_child(holder_, SIGKILL);
    ::waitpid(holder_, nullptr, 0);
  }

  bool works() const { return works_; }
  const FoundRecord::Connection& connection() const { return connection_; }
  /// fs/fuse/dev.c fuse_dev_poll() (v6.1): EPOLLERR without a connection.
  bool aborted() const {
    pollfd state{.fd = device_.get(), .events = 0, .revents = 0};
    return ::poll(&state, 1, 0) == 1 && (state.revents & POLLERR) != 0;
  }

 private:
  [[noreturn]] void hold(const std::string& source, int writer) {
    char options[96];
    std::snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0",
                  device_.get());
    char where[] = "/tmp/sweep-mount-XXXXXX";
    const bool mounted = ::unshare(CLONE_NEWNS) == 0 &&
                         ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                         ::mount("none", "/tmp", "tmpfs", 0, nullptr) == 0 &&
                         ::mount("none", "/sys/fs/fuse/connections", "fusectl", 0, nullptr) == 0 &&
                         ::mkdtemp(where) != nullptr &&
                         ::mount(source.c_str(), where, "fuse", 0, options) == 0;
    struct statx facts {};
    struct stat info {};
    constexpr int kFlags = AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT;
    if (!mounted || ::statx(AT_FDCWD, where, kFlags, 0, &facts) != 0) ::_exit(1);
    connection_.number = static_cast<int>(facts.stx_dev_minor);
    const std::string folder = "/sys/fs/fuse/connections/" + std::to_string(connection_.number);
    if (::stat(folder.c_str(), &info) != 0) ::_exit(1);
    connection_.instance = info.st_ino;
    if (::write(writer, "y", 1) != 1) ::_exit(1);
    if (::write(writer, &connection_, sizeof connection_) < 0) ::_exit(1);
    while (true) ::pause();
  }

  UniqueFd device_;
  FoundRecord::Connection connection_;
  pid_t holder_ = -1;
  bool works_ = false;
};

constexpr Nanos kShort = kSecond;  // the mount's holder lives on, so the sweep waits in vain

TEST_F(Sweep, AConnectionOfSomebodyElseWithANumberOnRecordStays) {
  const Mounted other("sshfs");
  if (!other.works()) GTEST_SKIP() << "no FUSE mount can be had here";
  const auto [number, instance] = other.connection();
  const std::string line = "fuse " + std::to_string(number) + " ";
  orphan(line + std::to_string(instance + 1) + " \n" + line + "0 \n");
  EXPECT_EQ(sweep_leftovers({folder_}, kShort).connections, 0);
  EXPECT_FALSE(other.aborted());
  orphan(line + std::to_string(instance) + " \n");
  EXPECT_EQ(sweep_leftovers({folder_}, kShort).connections, 1);
  EXPECT_TRUE(other.aborted());
}

TEST_F(Sweep, AMountOfTheRunIsFoundByItsSourceBeforeItsNumberIsOnRecord) {
  const std::string name = orphan();
  const Mounted neighbour(name + "x");
  const Mounted ours(name + "-3");
  if (!ours.works() || !neighbour.works()) GTEST_SKIP() << "no FUSE mount can be had here";
  EXPECT_EQ(sweep_leftovers({folder_}, kShort).connections, 1);
  EXPECT_TRUE(ours.aborted());
  EXPECT_FALSE(neighbour.aborted());
}

TEST_F(Sweep, AMountOfARunInFlightStays) {
  const RunRecord run = RunRecord::make({folder_});
  const Mounted live(run.mark() + "-0");
  if (!live.works()) GTEST_SKIP() << "no FUSE mount can be had here";
  EXPECT_EQ(sweep().connections, 0);
  EXPECT_FALSE(live.aborted());
}

TEST(RunRecord, WithoutAFolderItSaysSoAndStillHasAName) {
  const RunRecord run = RunRecord::make({"/proc/none"});
  EXPECT_NE(run.trouble(), "");
  EXPECT_EQ(run.path(), "");
  EXPECT_TRUE(is_mark(run.mark()));
}

TEST(RunRecord, ReadsWhatIsOfTheRunAndNoNumberWithoutInode) {
  const std::string mark = "hangrate-1-0123456789abcdef";
  const std::string text = std::string("boot b\ncgroup /sys/fs/cgroup/") + mark +
                           "\ncgroup /sys/fs/cgroup/system.slice\n" + std::string(9, '\0') +
                           "fuse 53 4711 \nfuse 0 0 \nfuse 54 0 \nnews 1\nfuse 55 47";
  const FoundRecord found = parse_record(text, mark);
  EXPECT_EQ(found.boot, "b");
  ASSERT_EQ(found.cgroups.size(), 1u);
  EXPECT_EQ(found.cgroups[0], "/sys/fs/cgroup/" + mark);
  ASSERT_EQ(found.connections.size(), 1u);
  EXPECT_EQ(found.connections[0].number, 53);
  EXPECT_EQ(found.connections[0].instance, 4711u);
}

TEST(MarkedMounts, AreThoseOfTheRunAlone) {
  const std::string text =
      "36 35 0:53 / /mnt/a\\040b rw - fuse hangrate-1-0123456789abcdef-2 rw\n"
      "37 35 0:54 / /mnt/c rw shared:1 - fuse hangrate-1-0123456789abcdeff rw\n"
      "38 35 0:55 / /mnt/d rw - fuse sshfs rw\n";
  const auto found = find_marked_mounts(text, "hangrate-1-0123456789abcdef");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].minor, 53);
  EXPECT_EQ(found[0].where, "/mnt/a b");
}

}  // namespace
}  // namespace hangrate
