// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/kit/fuse/wire.h"

#include <string>

#include <gtest/gtest.h>

namespace {

constexpr std::uint64_t kUnique = 0x1122334455667788;
const std::string kName = std::string(HANG_FUSE_FILE) + '\0';
const std::string kText = HANG_FUSE_TEXT;

template <typename T>
std::string bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

struct Answer {
  hang_fuse_reply reply;
  std::size_t length;
  int error() const { return -reply.header.error; }
};

Answer answer(std::uint32_t opcode, std::uint64_t node = FUSE_ROOT_ID, const std::string& body = {},
              int refusal = 0) {
  fuse_in_header header{};
  header.opcode = opcode;
  header.unique = kUnique;
  header.nodeid = node;
  const std::string bytes = bytes_of(header) + body;
  Answer answer;
  answer.length =
      hang_fuse_answer(hang_fuse_read(bytes.data(), bytes.size()), refusal, &answer.reply);
  EXPECT_EQ(answer.reply.header.len, answer.length);
  EXPECT_EQ(answer.reply.header.unique, kUnique);
  return answer;
}

Answer init(std::uint32_t major, std::uint32_t minor, const std::string& more = {}) {
  fuse_init_in in{};
  in.major = major;
  in.minor = minor;
  in.max_readahead = 131072;
  return answer(FUSE_INIT, 0, bytes_of(in) + more);
}

TEST(FuseWire, InitOffersOurMinorToANewerKernel) {
  for (const std::uint32_t minor : {31U, 32U, 38U, 45U}) {
    const Answer given = init(7, minor);
    EXPECT_EQ(given.error(), 0);
    EXPECT_EQ(given.length, sizeof(fuse_out_header) + 64);
    EXPECT_EQ(given.reply.body.init.major, 7U);
    EXPECT_EQ(given.reply.body.init.minor, 31U);
    EXPECT_EQ(given.reply.body.init.max_write, 4096U);
    EXPECT_EQ(given.reply.body.init.flags, 0U);
  }
}

TEST(FuseWire, InitKeepsTheReplySizesOfOldMinors) {
  EXPECT_EQ(init(7, 23).length, sizeof(fuse_out_header) + 64);
  EXPECT_EQ(init(7, 22).length, sizeof(fuse_out_header) + 24);
  EXPECT_EQ(init(7, 4).length, sizeof(fuse_out_header) + 8);
  EXPECT_EQ(init(7, 12).reply.body.init.minor, 12U);
}

TEST(FuseWire, InitOfAnotherMajor) {
  EXPECT_EQ(init(8, 0).error(), 0);
  EXPECT_EQ(init(8, 0).reply.body.init.major, 7U);
  EXPECT_EQ(init(6, 9).error(), EPROTO);
}

TEST(FuseWire, InitOfAKernelWithALongerRequestIsUnderstood) {
  EXPECT_EQ(init(7, 60, std::string(400, 'x')).reply.body.init.minor, 31U);
}

TEST(FuseWire, LookupFindsTheOneFile) {
  const Answer found = answer(FUSE_LOOKUP, FUSE_ROOT_ID, kName);
  EXPECT_EQ(found.error(), 0);
  EXPECT_EQ(found.reply.body.entry.nodeid, 2U);
  EXPECT_TRUE(S_ISREG(found.reply.body.entry.attr.mode));
  EXPECT_EQ(found.reply.body.entry.attr.size, kText.size());
  EXPECT_EQ(answer(FUSE_LOOKUP, FUSE_ROOT_ID, std::string("other") + '\0').error(), ENOENT);
  EXPECT_EQ(answer(FUSE_LOOKUP, 2, kName).error(), ENOENT);
  EXPECT_EQ(answer(FUSE_LOOKUP, FUSE_ROOT_ID, "fi").error(), ENOENT);
}

TEST(FuseWire, GetattrTellsTheDirectoryFromTheFile) {
  EXPECT_TRUE(S_ISDIR(answer(FUSE_GETATTR, FUSE_ROOT_ID).reply.body.attr.attr.mode));
  EXPECT_TRUE(S_ISREG(answer(FUSE_GETATTR, 2).reply.body.attr.attr.mode));
  EXPECT_EQ(answer(FUSE_GETATTR, 3).error(), ENOENT);
}

TEST(FuseWire, OpenLeavesTheFlushOn) {
  EXPECT_EQ(answer(FUSE_OPEN, 2).error(), 0);
  EXPECT_EQ(answer(FUSE_OPEN, 2).reply.body.open.open_flags, 0U);
  EXPECT_EQ(answer(FUSE_OPEN, FUSE_ROOT_ID).error(), EISDIR);
}

TEST(FuseWire, ReadStopsAtTheEnd) {
  const auto read_at = [](std::uint64_t offset, std::uint32_t size) {
    fuse_read_in in{};
    in.offset = offset;
    in.size = size;
    const Answer given = answer(FUSE_READ, 2, bytes_of(in));
    EXPECT_EQ(given.error(), 0);
    return std::string(given.reply.body.data, given.length - sizeof(fuse_out_header));
  };
  EXPECT_EQ(read_at(0, 4096), kText);
  EXPECT_EQ(read_at(2, 4), kText.substr(2, 4));
  EXPECT_EQ(read_at(kText.size(), 4096), "");
  EXPECT_EQ(read_at(~0ULL, 4096), "");
}

TEST(FuseWire, ARefusalIsAnErrorWithoutABody) {
  const Answer refused = answer(FUSE_OPEN, 2, {}, ENOSYS);
  EXPECT_EQ(refused.error(), ENOSYS);
  EXPECT_EQ(refused.length, sizeof(fuse_out_header));
}

TEST(FuseWire, SomeRequestsWantNoReply) {
  for (const std::uint32_t opcode : {FUSE_FORGET, FUSE_BATCH_FORGET, FUSE_INTERRUPT})
    EXPECT_FALSE(hang_fuse_wants_reply(opcode));
  EXPECT_TRUE(hang_fuse_wants_reply(FUSE_FLUSH));
}

TEST(FuseWire, EmptyRepliesAndTheUnknown) {
  for (const std::uint32_t opcode : {FUSE_FLUSH, FUSE_FSYNC, FUSE_RELEASE, FUSE_DESTROY}) {
    EXPECT_EQ(answer(opcode, 2).error(), 0);
    EXPECT_EQ(answer(opcode, 2).length, sizeof(fuse_out_header));
  }
  EXPECT_EQ(answer(FUSE_STATFS).error(), 0);
  EXPECT_EQ(answer(FUSE_GETXATTR).error(), ENOSYS);
  EXPECT_EQ(answer(99999).error(), ENOSYS);
}

TEST(FuseWire, ABodyShorterThanItsTypeReadsAsZeros) {
  EXPECT_EQ(answer(FUSE_LOOKUP).error(), ENOENT);
  EXPECT_EQ(answer(FUSE_INIT).error(), EPROTO);
  EXPECT_EQ(answer(FUSE_READ, 2).error(), 0);
}

}  // namespace
