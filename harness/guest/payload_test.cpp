// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a command needs comes along from this machine, and what is missing is told.
#include "harness/guest/payload.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/base/output.h"
#include "harness/guest/payload_files.h"
#include "harness/testing/command.h"
#include "harness/testing/made_elf.h"

namespace hangrate {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Key;
using testing::made_elf;
using ::testing::Not;

class PayloadTest : public ::testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& content, bool executable = true) {
    const std::string path = fs::canonical(folder_.path()) / name;
    fs::create_directories(fs::path(path).parent_path());
    EXPECT_TRUE(write_file_atomically(path, content));
    if (executable) fs::permissions(path, fs::perms::owner_all);
    return path;
  }
  PayloadOrder order(std::vector<std::string> words, std::vector<std::string> include = {}) {
    return {.commands = {std::move(words)},
            .include = std::move(include),
            .folder = fs::canonical(folder_.path()),
            .path = "/usr/bin:/bin"};
  }
  /// "" or why there is none.
  std::string trouble(const PayloadOrder& wanted) {
    const auto payload = make_payload(wanted);
    if (payload) return "";
    EXPECT_EQ(payload.error().kind(), ErrorKind::Usage) << payload.error().what();
    return payload.error().what();
  }
  /// Where the shell of this machine is.
  static std::string shell() { return fs::canonical("/bin/sh"); }

  testing::TempFolder folder_;
};

TEST_F(PayloadTest, AScriptBringsItsShellAndTheProgramsThatStandInIt) {
  const std::string script = file("run.sh", "#!/bin/sh\nhead -c 1 < data | ./next.sh\n");
  const std::string next = file("next.sh", "#!/bin/sh\ncat\n");
  const std::string data = file("data", "x", false);
  const PayloadOrder wanted = order({"./run.sh"});
  PayloadFiles files(wanted);
  const auto taken = files.take_command(wanted.commands[0]);
  ASSERT_TRUE(taken) << taken.error().what();
  for (const std::string& path :
       {script, next, data, shell(), fs::canonical("/usr/bin/head").string(),
        fs::canonical("/usr/bin/cat").string()}) {
    EXPECT_THAT(files.entries(), Contains(Key(path)));
  }
  const auto loader = fs::canonical("/lib64/ld-linux-x86-64.so.2").string();
  EXPECT_THAT(files.entries(), Contains(Key(loader)));
  EXPECT_THAT(files.hints(), ElementsAre());
}

TEST_F(PayloadTest, AProgramThatAReproducerStartsComesAlongOrIsToldAsMissing) {
  PayloadOrder wanted = order({"cat"});
  wanted.programs = {"sort"};
  PayloadFiles files(wanted);
  ASSERT_TRUE(files.take_named("sort"));
  EXPECT_THAT(files.entries(), Contains(Key(fs::canonical("/usr/bin/sort").string())));
  wanted.programs = {"no-such-program"};
  const auto payload = make_payload(wanted);
  ASSERT_TRUE(payload) << "the reproducer skips itself: " << payload.error().what();
  EXPECT_THAT(payload->hints, ElementsAre(AllOf(HasSubstr("no-such-program: no such program"),
                                                HasSubstr("a program that a reproducer starts"))));
}

TEST_F(PayloadTest, WordsThatAreFilesComeAlongAndOthersDoNot) {
  const std::string data = file("data", "x", false);
  const std::string other = file("other", "y", false);
  const std::string third = file("third", "z", false);
  const PayloadOrder wanted = order({"cat", "data", "--file=other", "nothing"});
  PayloadFiles files(wanted);
  ASSERT_TRUE(files.take_command(wanted.commands[0]));
  EXPECT_THAT(files.entries(), Contains(Key(data)));
  EXPECT_THAT(files.entries(), Contains(Key(other)));
  EXPECT_THAT(files.entries(), Not(Contains(Key(third))));
}

TEST_F(PayloadTest, AShellsTextIsLookedThrough) {
  const std::string script = file("a.sh", "#!/bin/sh\nexit 0\n");
  const PayloadOrder wanted = order({"/bin/sh", "-c", "./a.sh | sort >/tmp/none"});
  PayloadFiles files(wanted);
  ASSERT_TRUE(files.take_command(wanted.commands[0]));
  EXPECT_THAT(files.entries(), Contains(Key(script)));
  EXPECT_THAT(files.entries(), Contains(Key(fs::canonical("/usr/bin/sort").string())));
}

/// A shell reads it whatever its mode, and by whatever way it is found.
TEST_F(PayloadTest, AScriptIsLookedThroughHoweverAShellComesByIt) {
  file("by_path", "#!/bin/sh\n. ./lib.sh\n");
  file("lib.sh", "sort < none\n", false);
  file("plain", "head < none\n", false);
  PayloadOrder wanted = order({"by_path"});
  wanted.path = wanted.folder + ":" + wanted.path;
  PayloadFiles found(wanted);
  ASSERT_TRUE(found.take_command(wanted.commands[0]));
  EXPECT_THAT(found.entries(), Contains(Key(fs::canonical("/usr/bin/sort").string())));
  EXPECT_THAT(found.entries(), Not(Contains(Key(fs::canonical("/usr/bin/head").string()))));
  const PayloadOrder read = order({"sh", "plain"});
  PayloadFiles files(read);
  ASSERT_TRUE(files.take_command(read.commands[0]));
  EXPECT_THAT(files.entries(), Contains(Key(fs::canonical("/usr/bin/head").string())));
}

TEST_F(PayloadTest, AFileThatIsIncludedIntoAFolderKeepsItsName) {
  file("data", "x", false);
  const PayloadOrder wanted = order({"cat"});
  PayloadFiles files(wanted);
  ASSERT_TRUE(files.take_include("data:/opt/there/"));
  EXPECT_THAT(files.entries(), Contains(Key("/opt/there/data")));
}

TEST_F(PayloadTest, WhatIsIncludedLiesWhereItIsAskedForWithItsLibraries) {
  file("lib/plain", "x", false);
  fs::create_symlink("plain", folder_ / "lib/link");
  const PayloadOrder wanted = order({"cat"}, {"lib:/opt/other", "sleep"});
  PayloadFiles files(wanted);
  ASSERT_TRUE(files.take_command(wanted.commands[0]));
  for (const std::string& text : wanted.include) ASSERT_TRUE(files.take_include(text));
  EXPECT_THAT(files.entries(), Contains(Key("/opt/other/plain")));
  EXPECT_EQ(files.entries().at("/opt/other/link").target, "plain");
  EXPECT_THAT(files.entries(), Contains(Key(fs::canonical("/usr/bin/sleep").string())));
}

TEST_F(PayloadTest, WhatIsMissingIsToldByItsName) {
  file("no_shell.sh", "#!/nowhere/sh\n");
  file("no_env.sh", "#!/usr/bin/env no-such-program\n");
  file("no_right.sh", "#!/bin/sh\n", false);
  EXPECT_THAT(trouble(order({"./gone.sh"})), HasSubstr("gone.sh: No such file"));
  EXPECT_THAT(trouble(order({"no-such-program"})), HasSubstr("no-such-program: no such program"));
  EXPECT_THAT(trouble(order({"./no_shell.sh"})), HasSubstr("/nowhere/sh: No such file"));
  EXPECT_THAT(trouble(order({"./no_env.sh"})), HasSubstr("no-such-program: no such program"));
  EXPECT_THAT(trouble(order({"./no_right.sh"})), HasSubstr("no file that may be executed"));
  EXPECT_THAT(trouble(order({"cat"}, {"nothing"})), HasSubstr("nothing: No such file"));
  EXPECT_THAT(trouble(order({"cat"}, {"/dev/null"})), HasSubstr("/dev/null: it is a device"));
  EXPECT_THAT(trouble(order({"cat"}, {"/bin/cat:relative"})), HasSubstr("no absolute path"));
  EXPECT_THAT(trouble(order({"cat"}, {"/bin/cat:/proc/cat"})), HasSubstr("has its own files"));
}

TEST_F(PayloadTest, AProgramThatCannotRunThereIsToldWithTheReason) {
  const std::string loader = "/lib64/ld-linux-x86-64.so.2";
  file("arm", made_elf({.machine = EM_AARCH64}));
  file("lost", made_elf({.interpreter = loader, .needed = {"libgone.so.7"}}));
  file("strange", made_elf({.interpreter = "/nowhere/ld.so"}));
  file("cut", made_elf({.interpreter = loader}).substr(0, 90));
  EXPECT_THAT(trouble(order({"./arm"})), HasSubstr("arm: it is for aarch64"));
  EXPECT_THAT(trouble(order({"./lost"})), HasSubstr("libgone.so.7"));
  EXPECT_THAT(trouble(order({"./strange"})), HasSubstr("/nowhere/ld.so: No such file"));
  EXPECT_THAT(trouble(order({"./cut"})), HasSubstr("cut: its ELF program headers are cut short"));
  EXPECT_THAT(trouble(order({"cat"}, {"arm"})), HasSubstr("arm: it is for aarch64"));
}

TEST_F(PayloadTest, ARootComesWhole) {
  file("root/usr/bin/tool", "#!/bin/sh\n", true);
  file("root/usr/bin/sh", made_elf({}));
  fs::create_directory_symlink("usr/bin", folder_ / "root/bin");
  file("root/etc/data", "x", false);
  for (const char* own : {"root/proc/x", "root/dev/x", "root/init", "root/tmp/x", "root/run/a/x"}) {
    file(own, "x", false);
  }
  PayloadOrder wanted = order({"tool", "/etc/data"});
  wanted.folder = "/";
  wanted.root = fs::canonical(folder_ / "root");
  PayloadFiles files(wanted);
  ASSERT_TRUE(files.take_root());
  const auto taken = files.take_command(wanted.commands[0]);
  ASSERT_TRUE(taken) << taken.error().what();
  std::vector<std::string> paths;
  for (const auto& [path, entry] : files.entries()) paths.push_back(path);
  EXPECT_THAT(paths, ElementsAre("/bin", "/etc", "/etc/data", "/run", "/tmp", "/usr", "/usr/bin",
                                 "/usr/bin/sh", "/usr/bin/tool"));
  EXPECT_EQ(files.entries().at("/bin").target, "usr/bin");
}

/// That this machine has it is no help to a guest that gets a root of its own.
TEST_F(PayloadTest, ACommandIsLookedForInTheRootThatIsGiven) {
  file("root/usr/bin/tool", "#!/usr/bin/strange\n");
  file("root/usr/bin/lost", made_elf({.interpreter = "/ld.so", .needed = {"libc.so.6"}}));
  file("root/ld.so", made_elf({}));
  file("root/ld", "no program", false);
  for (const char* program : {"sh", "tool", "lost", "/usr/bin/tool", "/usr/bin/lost", "/ld"}) {
    PayloadOrder wanted = order({program});
    wanted.folder = "/";
    wanted.root = fs::canonical(folder_ / "root");
    EXPECT_NE(trouble(wanted), "") << program;
  }
}

TEST_F(PayloadTest, WhatIsIncludedIsInPlaceOfAFileOfTheRoot) {
  file("root/usr/bin/tool", made_elf({}));
  fs::create_directory_symlink("usr/bin", folder_ / "root/bin");
  const std::string mine = file("mine", made_elf({}));
  file("more/a/b", "x", false);
  PayloadOrder wanted = order({"/bin/tool"});
  wanted.folder = "/";
  wanted.root = fs::canonical(folder_ / "root");
  PayloadFiles files(wanted);
  for (const std::string& text :
       {mine + ":/bin/tool", mine, folder_ / "more:/opt", folder_ / "more"}) {
    const auto taken = files.take_include(text);
    ASSERT_TRUE(taken) << taken.error().what();
  }
  ASSERT_TRUE(files.take_root());
  EXPECT_EQ(files.entries().at("/usr/bin/tool").host_path, mine);
  EXPECT_EQ(files.entries().at(mine).host_path, mine);
  EXPECT_THAT(files.entries(), Contains(Key("/opt/a/b")));
  EXPECT_THAT(files.entries(), Contains(Key(folder_ / "more/a/b"))) << "though it is in /tmp";
  EXPECT_TRUE(files.take_command({mine})) << "one beside the root is a command too";
  file("needy", "#!/bin/other\n");
  EXPECT_FALSE(files.take_include(folder_ / "needy")) << "the root has no such interpreter";
}

TEST_F(PayloadTest, WhatOnlyStandsInAScriptMayBeBrokenAndIsTold) {
  file("arm", made_elf({.machine = EM_AARCH64}));
  file("run.sh", "#!/bin/sh\n./arm || true\n");
  const auto payload = make_payload(order({"./run.sh"}));
  ASSERT_TRUE(payload) << payload.error().what();
  EXPECT_THAT(payload->hints, ElementsAre(HasSubstr("arm: it is for aarch64")));
}

TEST_F(PayloadTest, IsTheSameTwiceAndAnotherWhenAFileChanges) {
  file("run.sh", "#!/bin/sh\nexit 0\n");
  const auto bytes_of = [&] {
    const auto payload = make_payload(order({"./run.sh"}));
    EXPECT_TRUE(payload);
    return read_file("/proc/self/fd/" + std::to_string(payload->archive.get())).value_or("");
  };
  const std::string before = bytes_of();
  EXPECT_EQ(bytes_of(), before);
  file("run.sh", "#!/bin/sh\nexit 1\n");
  EXPECT_NE(bytes_of(), before);
}

TEST_F(PayloadTest, OfWhatCameLaterNothingIsTaken) {
  file("run.sh", "#!/bin/sh\nhead data\n");
  const auto packed = [&](std::optional<std::set<std::string>> only) {
    PayloadOrder wanted = order({"./run.sh"}, {"."});
    wanted.only = std::move(only);
    auto payload = make_payload(wanted);
    EXPECT_TRUE(payload) << payload.error().what();
    return payload ? payload->paths : std::vector<std::string>();
  };
  const std::vector<std::string> before = packed(std::nullopt);
  const std::set<std::string> only(before.begin(), before.end());
  file("data", "x", false);
  file("results/journal", "x", false);
  EXPECT_EQ(packed(std::nullopt).size(), before.size() + 3);
  EXPECT_EQ(packed(only), before);
  fs::remove(fs::path(folder_.path()) / "run.sh");
  PayloadOrder wanted = order({"./run.sh"});
  wanted.only = only;
  EXPECT_THAT(trouble(wanted), HasSubstr("run.sh: No such file")) << "what was there must be there";
}

}  // namespace
}  // namespace hangrate
