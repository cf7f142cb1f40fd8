// SPDX-License-Identifier: GPL-2.0-or-later
//
// Libraries are found where ld.so(8) would find them, in a root made for it.
#include "harness/guest/library_search.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/base/output.h"
#include "harness/testing/command.h"
#include "harness/testing/made_elf.h"

namespace hangrate {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::made_elf;
using testing::MadeElf;

class LibrarySearchTest : public ::testing::Test {
 protected:
  void file(const std::string& path, const std::string& content) {
    fs::create_directories(fs::path(root_.path() + path).parent_path());
    ASSERT_TRUE(write_file_atomically(root_.path() + path, content));
  }
  void library(const std::string& path, const MadeElf& made = {}) { file(path, made_elf(made)); }
  void link(const std::string& path, const std::string& target) {
    fs::create_directories(fs::path(root_.path() + path).parent_path());
    fs::create_symlink(target, root_.path() + path);
  }
  Result<std::vector<FoundLibrary>> search(const MadeElf& made) {
    const SourceTree tree(root_.path());
    return LibrarySearch(tree).libraries_of("/opt/app/bin/prog", *read_elf(made_elf(made)));
  }
  /// Their paths, or the error.
  std::vector<std::string> found(const MadeElf& made) {
    const auto libraries = search(made);
    if (!libraries) return {libraries.error().what()};
    std::vector<std::string> paths;
    for (const FoundLibrary& library : *libraries) paths.push_back(library.place.path);
    return paths;
  }

  testing::TempFolder root_;
};

TEST_F(LibrarySearchTest, OwnFoldersCountBeforeCommonOnes) {
  file("/opt/app/bin/prog", "");
  library("/usr/lib/liba.so");
  library("/opt/app/lib/liba.so");
  EXPECT_THAT(found({.needed = {"liba.so"}}), ElementsAre("/usr/lib/liba.so"));
  EXPECT_THAT(found({.needed = {"liba.so"}, .runpath = "$ORIGIN/../lib"}),
              ElementsAre("/opt/app/lib/liba.so"));
  EXPECT_THAT(found({.needed = {"liba.so"}, .rpath = "${ORIGIN}/../lib"}),
              ElementsAre("/opt/app/lib/liba.so"));
  EXPECT_THAT(found({.needed = {"liba.so"}, .rpath = "/opt/app/lib", .runpath = "/nowhere"}),
              ElementsAre("/usr/lib/liba.so"))
      << "DT_RPATH does not count beside DT_RUNPATH";
}

TEST_F(LibrarySearchTest, LibrariesOfLibrariesComeAlongEachOnce) {
  library("/usr/lib/liba.so", {.needed = {"libb.so", "libc.so"}});
  library("/usr/lib/libb.so", {.needed = {"libc.so", "liba.so"}});
  library("/usr/lib/libc.so");
  EXPECT_THAT(found({.needed = {"liba.so"}}),
              ElementsAre("/usr/lib/liba.so", "/usr/lib/libb.so", "/usr/lib/libc.so"));
}

TEST_F(LibrarySearchTest, OnlyDtRpathReachesWhatALibraryNeeds) {
  library("/opt/lib/liba.so", {.needed = {"libb.so"}});
  library("/opt/lib/libb.so");
  EXPECT_THAT(found({.needed = {"liba.so"}, .rpath = "/opt/lib"}),
              ElementsAre("/opt/lib/liba.so", "/opt/lib/libb.so"));
  EXPECT_THAT(found({.needed = {"liba.so"}, .runpath = "/opt/lib"}),
              ElementsAre(HasSubstr("libb.so")));
}

TEST_F(LibrarySearchTest, TheConfigurationNamesFoldersAndSuchAFolderIsTold) {
  file("/etc/ld.so.conf", "include ld.so.conf.d/*.conf\n");
  file("/etc/ld.so.conf.d/x.conf", "# a comment\n/opt/configured\n");
  library("/opt/configured/liba.so");
  const auto libraries = search({.needed = {"liba.so"}});
  ASSERT_TRUE(libraries) << libraries.error().what();
  EXPECT_EQ(libraries->front().place.path, "/opt/configured/liba.so");
  EXPECT_TRUE(libraries->front().outside);
}

TEST_F(LibrarySearchTest, AConfigurationThatIncludesItselfEnds) {
  file("/etc/ld.so.conf", "include /etc/ld.so.conf\n");
  library("/usr/lib/liba.so");
  EXPECT_THAT(found({.needed = {"liba.so"}}), ElementsAre("/usr/lib/liba.so"));
}

TEST_F(LibrarySearchTest, LinksAreFollowedInsideOfTheRoot) {
  link("/lib", "usr/lib");
  link("/usr/lib/liba.so", "/usr/lib/liba.so.1.2");
  library("/usr/lib/liba.so.1.2");
  const auto libraries = search({.needed = {"liba.so"}});
  ASSERT_TRUE(libraries) << libraries.error().what();
  EXPECT_EQ(libraries->front().place.path, "/usr/lib/liba.so.1.2");
  EXPECT_EQ(libraries->front().place.links.size(), 2U) << "/lib, and the library itself";
}

TEST_F(LibrarySearchTest, OfAnotherMachineIsPassedOver) {
  library("/lib/liba.so", {.machine = EM_386});
  library("/usr/lib/liba.so");
  EXPECT_THAT(found({.needed = {"liba.so"}}), ElementsAre("/usr/lib/liba.so"));
}

TEST_F(LibrarySearchTest, WhatIsNowhereIsToldWithWhoNeedsIt) {
  library("/usr/lib/liba.so", {.needed = {"libgone.so.3"}});
  link("/usr/lib/libgone.so.3", "libgone.so.3");  // to itself
  const auto libraries = search({.needed = {"liba.so"}});
  ASSERT_FALSE(libraries);
  EXPECT_EQ(libraries.error().kind(), ErrorKind::Usage);
  EXPECT_THAT(libraries.error().what(), HasSubstr("/opt/app/bin/prog: "));
  EXPECT_THAT(libraries.error().what(), HasSubstr("liba.so needs the library libgone.so.3"));
}

}  // namespace
}  // namespace hangrate
