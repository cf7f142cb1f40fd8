// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/kernel/image_identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "harness/kernel/compressed_file.h"
#include "harness/testing/packages.h"

namespace hangrate {
namespace {

using ::testing::HasSubstr;
using namespace hangrate::testing;

const std::string kBuildId = "abababababababababababababababababababab";
const std::string kBanner = "Linux version 6.1.5-x (me@here) (gcc) #1\n";

class Identity : public ::testing::Test {
 protected:
  std::string file(const std::string& bytes) {
    write_file(folder_ / "image", bytes);
    return folder_ / "image";
  }
  TempFolder folder_;
};

TEST_F(Identity, TheBuildIdComesFromTheKernelInWhateverItIsCompressedWith) {
  std::string noise;  // so that the payload has more than one block
  for (unsigned i = 0, x = 1; i < 300'000; ++i)
    noise += static_cast<char>((x = x * 1664525 + 1013904223) >> 24);
  for (const char* filter : {"gzip", "xz", "lzma", "bzip2", "zstd", "lz4"}) {
    // As in a bzImage, four bytes follow: the plain size.
    const std::string payload = compressed(elf_kernel(noise), filter) + "\x01\x02\x03\x04";
    const auto identity = identify_image(file(bz_image("6.1.0", payload)));
    ASSERT_TRUE(identity) << filter << ": " << identity.error().what();
    EXPECT_EQ(identity->release, "6.1.0") << filter;
    EXPECT_EQ(identity->build_id, kBuildId) << filter;
  }
}

TEST_F(Identity, ABuildIdThatCannotBeHadIsUnknown) {
  const std::string whole = compressed(elf_kernel(), "gzip");
  for (const std::string& payload :
       {std::string("no method of compression that anybody knows"), whole.substr(0, 40),
        compressed(elf_kernel().substr(0, 0x2fff), "gzip"), compressed("plain", "zstd")}) {
    const auto identity = identify_image(file(bz_image("6.1.0", payload)));
    ASSERT_TRUE(identity) << identity.error().what();
    EXPECT_EQ(identity->release, "6.1.0");
    EXPECT_EQ(identity->build_id, "");
  }
}

TEST_F(Identity, AReleaseThatTheHeaderDoesNotTellIsInTheBanner) {
  const auto plain = identify_image(file(elf_kernel(std::string(70'000, '\0') + kBanner)));
  ASSERT_TRUE(plain) << plain.error().what();
  EXPECT_EQ(plain->release, "6.1.5-x");
  EXPECT_EQ(plain->build_id, kBuildId);
  std::string silent = bz_image("6.1.0", compressed(elf_kernel(kBanner), "xz"));
  put_number(silent, 0x20e, 0, 2);
  EXPECT_EQ(identify_image(file(silent))->release, "6.1.5-x");
}

TEST_F(Identity, AKernelOfAnotherMachineIsRefusedByName) {
  std::string arm(4096, '\0');
  arm.replace(0x38, 4, "ARM\x64");
  const auto identity = identify_image(file(arm + kBanner));
  ASSERT_FALSE(identity);
  EXPECT_EQ(identity.error().kind(), ErrorKind::Usage);
  EXPECT_THAT(identity.error().what(), HasSubstr("for arm64 (release '6.1.5-x')"));
}

TEST_F(Identity, OnlyARegularFileIsRead) {
  ASSERT_EQ(::mkfifo((folder_ / "fifo").c_str(), 0600), 0);
  for (const std::string& path : {folder_ / "fifo", std::string("/dev/zero"), folder_.path()}) {
    const auto identity = identify_image(path);
    ASSERT_FALSE(identity) << path;
    EXPECT_THAT(identity.error().what(), HasSubstr("not a regular file"));
  }
}

TEST_F(Identity, WhatUnpacksToMoreThanAllowedIsRefused) {
  const std::string path = file(compressed(std::string(3u << 20, '\0'), "xz"));
  EXPECT_EQ(plain_content(path, 3u << 20)->size(), 3u << 20);
  const auto more = plain_content(path, (3u << 20) - 1);
  ASSERT_FALSE(more);
  EXPECT_THAT(more.error().what(), HasSubstr("when unpacked"));
  EXPECT_EQ(*plain_content(file(""), 10), "");
  EXPECT_FALSE(plain_content(file(compressed(compressed("x", "xz"), "gzip")), 10)) << "twice";
}

TEST_F(Identity, AModuleTellsWhatItWasBuiltForHoweverItIsCompressed) {
  const std::string module = std::string("\x7f") + "ELF" + std::string("\0license=GPL\0", 13) +
                             std::string("vermagic=6.1.5-x SMP mod_unload\0", 32);
  for (const char* filter : {"", "xz", "zstd", "gzip"}) {
    EXPECT_EQ(*module_release(file(*filter == '\0' ? module : compressed(module, filter))),
              "6.1.5-x")
        << filter;
  }
  EXPECT_EQ(*module_release(file("module")), "");
}

}  // namespace
}  // namespace hangrate
