// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/base/output.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/file.h"
#include "harness/testing/command.h"

namespace hangrate {
namespace {

namespace fs = std::filesystem;

constexpr uid_t kOther = 54321;
constexpr uid_t kThird = 54322;

struct stat facts_of(const std::string& path) {
  struct stat facts {};
  EXPECT_EQ(::lstat(path.c_str(), &facts), 0) << path;
  return facts;
}

void put(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::size_t files_in(const std::string& folder) {
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator(folder)) count += entry.exists() ? 1u : 0u;
  return count;
}

/// Until the end of its scope the effective user is another.
class AsUser {
 public:
  explicit AsUser(uid_t user) { EXPECT_EQ(::seteuid(user), 0); }
  ~AsUser() { EXPECT_EQ(::seteuid(0), 0); }
  AsUser(const AsUser&) = delete;
  AsUser& operator=(const AsUser&) = delete;
};

void expect_refused(const Result<void>& result, const std::string& word) {
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind(), ErrorKind::Usage) << result.error().what();
  EXPECT_NE(result.error().what().find(word), std::string::npos) << result.error().what();
}

TEST(Output, ReplacesTheWholeFileKeepsItsModeAndLeavesNothingBeside) {
  const testing::TempFolder folder;
  const std::string path = folder / "out";
  put(path, "a longer text than the next");
  ::chmod(path.c_str(), 0640);
  ASSERT_TRUE(write_file_atomically(path, "new"));
  EXPECT_EQ(read_file(path), "new");
  EXPECT_EQ(facts_of(path).st_mode & 07777u, 0640u);
  EXPECT_EQ(files_in(folder.path()), 1u);
}

TEST(Output, FollowsALinkOfItsOwnAsOtherToolsDo) {
  const testing::TempFolder folder;
  fs::create_directory(folder / "real");
  fs::create_directory_symlink("real", folder / "short");
  put(folder / "real/out", "old");
  fs::create_symlink("short/out", folder / "latest");
  ASSERT_TRUE(write_file_atomically(folder / "latest", "new"));
  EXPECT_EQ(read_file(folder / "real/out"), "new");
  EXPECT_TRUE(fs::is_symlink(folder / "latest"));
  fs::create_symlink("not/there", folder / "dangling");
  EXPECT_FALSE(write_file_atomically(folder / "dangling", "new"));
}

TEST(Output, ANameThatCanBeGuessedLeadsItNowhere) {
  const testing::TempFolder folder;
  put(folder / "target", "precious");
  fs::create_symlink("target", folder / ("out.tmp." + std::to_string(::getpid())));
  ASSERT_TRUE(write_file_atomically(folder / "out", "new"));
  EXPECT_EQ(read_file(folder / "target"), "precious");
}

TEST(Output, ALinkThatGoesRoundIsAUsageError) {
  const testing::TempFolder folder;
  fs::create_symlink("b", folder / "a");
  fs::create_symlink("a", folder / "b");
  expect_refused(write_file_atomically(folder / "a", "x"), "symbolic links");
}

TEST(Output, ToAPipeItWritesAndWithoutAReaderItDoesNotWait) {
  const testing::TempFolder folder;
  const std::string path = folder / "pipe";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_FALSE(write_file_atomically(path, "x"));
  const int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_TRUE(write_file_atomically(path, "text"));
  char text[8] = {};
  EXPECT_EQ(::read(reader, text, sizeof text), 4);
  ::close(reader);
  EXPECT_TRUE(fs::is_fifo(path)) << "the pipe stays one";
}

TEST(Output, ToADescriptorItWritesWhatWasAskedFor) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  for (const char* folder : {"/dev/fd/", "/proc/self/fd/"}) {
    ASSERT_TRUE(check_output(folder + std::to_string(ends[1])));
    ASSERT_TRUE(write_file_atomically(folder + std::to_string(ends[1]), "text"));
    char text[8] = {};
    EXPECT_EQ(::read(ends[0], text, sizeof text), 4);
    expect_refused(check_output(folder + std::to_string(ends[0])), "reading only");
  }
  ::close(ends[0]);
  ::close(ends[1]);
  expect_refused(check_output("/dev/fd/" + std::to_string(ends[1])), "Bad file descriptor");
}

TEST(Output, DevicesStayDevicesAndAFullOneIsAnError) {
  ASSERT_TRUE(write_file_atomically("/dev/null", "text"));
  EXPECT_TRUE(S_ISCHR(facts_of("/dev/null").st_mode));
  const auto full = write_file_atomically("/dev/full", "text");
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().kind(), ErrorKind::Infrastructure);
  EXPECT_TRUE(S_ISCHR(facts_of("/dev/full").st_mode));
}

TEST(Output, WhatIsNoFileIsRefusedBeforehand) {
  const testing::TempFolder folder;
  expect_refused(check_output(folder.path()), "folder");
  expect_refused(check_output(folder / "no/such/out"), "No such file");
  expect_refused(check_output(""), "names no file");
  EXPECT_TRUE(check_output(folder / "out"));
}

TEST(Output, AFileCanBeAppendedToAndReadBack) {
  const testing::TempFolder folder;
  const auto made = create_file(folder / "log", "there is one");
  ASSERT_TRUE(made) << made.error().what();
  ASSERT_TRUE(write_all(made->get(), "one", "log"));
  const auto again = create_file(folder / "log", "there is one");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().what(), "there is one");
  const auto file = open_to_append(folder / "log");
  ASSERT_TRUE(file) << file.error().what();
  ASSERT_TRUE(write_all(file->get(), "two", "log"));
  EXPECT_EQ(read_file(folder / "log"), "onetwo");
  fs::create_symlink("log", folder / "link");
  EXPECT_FALSE(open_to_append(folder / "link"));
  ::mkfifo((folder / "pipe").c_str(), 0600);
  EXPECT_FALSE(open_to_append(folder / "pipe"));
}

/// What root does in the folders of others.
class OutputAsRoot : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    ::chmod(folder_.path().c_str(), 0755);
    put(target_, "precious");
    for (const char* name : {"others", "shared"}) fs::create_directory(folder_ / name);
    ::chmod((folder_ / "shared").c_str(), 01777);
    ASSERT_EQ(::chown((folder_ / "others").c_str(), kOther, kOther), 0);
  }
  void TearDown() override {
    if (::geteuid() == 0) {
      EXPECT_EQ(read_file(target_), "precious");
    }
  }
  /// `name` in the test's folder, made by the other user.
  std::string theirs(const std::string& name, const std::string& text) {
    put(folder_ / name, text);
    EXPECT_EQ(::chown((folder_ / name).c_str(), kOther, kOther), 0);
    return folder_ / name;
  }
  std::string link_of(uid_t user, const std::string& name, const std::string& to) {
    fs::create_symlink(to, folder_ / name);
    EXPECT_EQ(::lchown((folder_ / name).c_str(), user, user), 0);
    return folder_ / name;
  }
  testing::TempFolder folder_;
  const std::string target_ = folder_ / "target";
};

TEST_F(OutputAsRoot, FollowsNobodysLinkToAFile) {
  for (const char* name : {"others/out", "shared/out"}) {
    const std::string link = link_of(kOther, name, target_);
    expect_refused(write_file_atomically(link, "new"), "symbolic link of user 54321");
    expect_refused(check_output(link), "symbolic link of user 54321");
    EXPECT_FALSE(open_to_append(link));
    EXPECT_FALSE(create_or_append(link));
    EXPECT_FALSE(create_file(link, "there"));
  }
}

TEST_F(OutputAsRoot, FollowsNobodysLinkToAFolder) {
  const std::string link = link_of(kOther, "others/run", folder_.path());
  expect_refused(write_file_atomically(link + "/target", "new"), "symbolic link of user 54321");
  expect_refused(make_folder(link + "/made"), "symbolic link of user 54321");
  EXPECT_FALSE(open_to_append(link + "/target"));
}

TEST_F(OutputAsRoot, KeepsTheOwnerOfWhatItReplaces) {
  const std::string path = theirs("others/out", "old");
  ASSERT_TRUE(write_file_atomically(path, "new"));
  EXPECT_EQ(facts_of(path).st_uid, kOther);
  EXPECT_EQ(facts_of(path).st_gid, kOther);
  EXPECT_EQ(read_file(path), "new");
}

TEST_F(OutputAsRoot, TouchesNoFileOfAnotherUserInASharedFolder) {
  const std::string path = theirs("shared/out", "old");
  expect_refused(write_file_atomically(path, "new"), "another user");
  const auto file = open_to_append(path);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().kind(), ErrorKind::Usage);
  EXPECT_EQ(read_file(path), "old");
  const std::string own = folder_ / "shared/own";
  put(own, "old");
  EXPECT_TRUE(write_file_atomically(own, "new"));
  EXPECT_TRUE(open_to_append(own));
}

TEST_F(OutputAsRoot, AppendsToNoFileOfSeveralNamesThatOthersMayHaveMade) {
  for (const char* name : {"shared/log", "others/log"}) {
    fs::create_hard_link(target_, folder_ / name);
    const auto file = open_to_append(folder_ / name);
    ASSERT_FALSE(file) << name;
    EXPECT_NE(file.error().what().find("several names"), std::string::npos);
  }
  fs::create_directory(folder_ / "own");
  fs::create_hard_link(target_, folder_ / "own/log");
  EXPECT_TRUE(open_to_append(folder_ / "own/log"));
}

TEST_F(OutputAsRoot, TakesNoFolderThatAnotherUserPutIntoASharedOne) {
  fs::create_directory(folder_ / "shared/run");
  ASSERT_TRUE(make_folder(folder_ / "shared/run"));
  ASSERT_EQ(::chown((folder_ / "shared/run").c_str(), kOther, kOther), 0);
  expect_refused(make_folder(folder_ / "shared/run"), "another user");
  EXPECT_TRUE(make_folder(folder_ / "others/run")) << "where he was told to";
}

TEST_F(OutputAsRoot, AUserFollowsLinksAsTheKernelWouldLetHim) {
  const std::string mine = theirs("others/out", "old");
  const std::string third = link_of(kThird, "shared/third", mine);
  const std::string roots = link_of(0, "shared/roots", mine);
  const std::string other = link_of(kThird, "others/link", mine);
  const AsUser user(kOther);
  expect_refused(write_file_atomically(third, "new"), "symbolic link of user 54322");
  EXPECT_TRUE(write_file_atomically(roots, "new"));
  EXPECT_TRUE(write_file_atomically(other, "newer"));
  EXPECT_EQ(read_file(mine), "newer");
}

}  // namespace
}  // namespace hangrate
