// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/base/elf_program.h"

#include <gtest/gtest.h>

#include "harness/base/file.h"
#include "harness/testing/made_elf.h"

namespace hangrate {
namespace {

using testing::made_elf;

const std::string kLoader = "/lib64/ld-linux-x86-64.so.2";

std::string complaint(const std::string& file) {
  const auto elf = read_elf(file);
  return elf ? "" : elf.error().what();
}

TEST(ElfProgram, SaysWhatItNeedsAndWhere) {
  const auto elf = read_elf(made_elf({.interpreter = kLoader,
                                      .needed = {"liba.so.1", "libc.so.6"},
                                      .rpath = "/old",
                                      .runpath = "$ORIGIN/../lib:/opt"}));
  ASSERT_TRUE(elf) << elf.error().what();
  EXPECT_EQ(elf->interpreter, kLoader);
  EXPECT_EQ(elf->needed, (std::vector<std::string>{"liba.so.1", "libc.so.6"}));
  EXPECT_EQ(elf->rpath, "/old");
  EXPECT_EQ(elf->runpath, "$ORIGIN/../lib:/opt");
}

TEST(ElfProgram, AStaticOneNeedsNothing) {
  const auto elf = read_elf(made_elf({.type = ET_EXEC}));
  ASSERT_TRUE(elf) << elf.error().what();
  EXPECT_EQ(elf->interpreter, "");
  EXPECT_TRUE(elf->needed.empty());
}

TEST(ElfProgram, ReadsTheProgramOfThisTest) {
  const auto elf = read_elf(read_file("/proc/self/exe").value_or(""));
  ASSERT_TRUE(elf) << elf.error().what();
  EXPECT_EQ(elf->interpreter, kLoader);
  EXPECT_NE(std::find(elf->needed.begin(), elf->needed.end(), "libc.so.6"), elf->needed.end());
}

TEST(ElfProgram, OfAnotherMachineIsToldByItsName) {
  EXPECT_EQ(complaint(made_elf({.machine = EM_AARCH64})), "it is for aarch64, not x86-64");
  EXPECT_EQ(complaint(made_elf({.machine = EM_386})), "it is for i386, not x86-64");
  EXPECT_EQ(complaint(made_elf({.machine = 999})), "it is for machine 999 of <elf.h>, not x86-64");
  std::string x32 = made_elf({});
  x32[EI_CLASS] = ELFCLASS32;
  EXPECT_EQ(complaint(x32), "it is for x32, not x86-64");
  EXPECT_EQ(complaint(made_elf({.type = ET_REL})), "it is an ELF file, and no program");
  EXPECT_EQ(complaint("#!/bin/sh\n"), "it is no ELF file");
}

/// Whatever is cut off: an error or, where nothing that counts is missing, an answer.
TEST(ElfProgram, CutShortAnywhereItIsAnErrorOrWhole) {
  const std::string whole = made_elf({.interpreter = kLoader, .needed = {"liba.so"}});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(read_elf(whole.substr(0, size))) << size;
  }
  EXPECT_TRUE(read_elf(whole));
}

TEST(ElfProgram, NoByteThatIsFlippedLeadsOutOfTheFile) {
  const std::string whole =
      made_elf({.interpreter = kLoader, .needed = {"liba.so"}, .rpath = "/r"});
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const int bits : {0x01, 0x80, 0xff}) {
      std::string harmed = whole;
      harmed[at] = static_cast<char>(harmed[at] ^ bits);
      const auto elf = read_elf(harmed);
      if (!elf) continue;
      EXPECT_LE(elf->needed.size(), whole.size() / sizeof(Elf64_Dyn));
    }
  }
}

TEST(ElfProgram, MoreLibrariesThanAnybodyNeedsAreRefused) {
  const std::vector<std::string> many(2000, "x.so");
  EXPECT_EQ(complaint(made_elf({.needed = many})), "it needs more than 1024 libraries");
  EXPECT_EQ(complaint(made_elf({.needed = {std::string(5000, 'x')}})),
            "a name in its ELF string table is cut short");
}

TEST(ElfProgram, OffsetsThatOverflowAreOutsideOfTheFile) {
  std::string harmed = made_elf({.interpreter = kLoader});
  const Elf64_Off far = ~Elf64_Off{0} - 8;
  harmed.replace(offsetof(Elf64_Ehdr, e_phoff), sizeof far,
                 std::string(reinterpret_cast<const char*>(&far), sizeof far));
  EXPECT_FALSE(read_elf(harmed));
}

}  // namespace
}  // namespace hangrate
