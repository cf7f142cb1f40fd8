// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/kernel/sha256.h"

#include <gtest/gtest.h>

#include "harness/base/file.h"
#include "harness/testing/command.h"

namespace hangrate {
namespace {

TEST(Sha256, AgreesWithTheExamplesOfTheStandard) {
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, OfAFileIsThatOfItsBytesHoweverManyReadsItTakes) {
  const testing::TempFolder folder;
  for (const std::size_t size : {0u, 1u, 1u << 18, (1u << 18) + 1, 1'000'003u}) {
    ASSERT_TRUE(write_file_atomically(folder / "f", std::string(size, 'x')));
    EXPECT_EQ(*sha256_of_file(folder / "f"), sha256(std::string(size, 'x'))) << size;
  }
}

TEST(Sha256, OnlyARegularFileIsRead) {
  EXPECT_FALSE(sha256_of_file("/dev/zero"));
  EXPECT_FALSE(sha256_of_file("/"));
}

}  // namespace
}  // namespace hangrate
