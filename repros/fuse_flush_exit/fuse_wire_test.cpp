// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/fuse_flush_exit/fuse_wire.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <linux/fuse.h>
#include <sys/stat.h>

namespace hangrate::fuse_flush_exit {

namespace {

std::vector<std::byte> request(std::uint32_t opcode, std::uint64_t node = FUSE_ROOT_ID,
                               const std::string& body = {}) {
  fuse_in_header header{};
  header.len = static_cast<std::uint32_t>(sizeof header + body.size());
  header.opcode = opcode;
  header.unique = 0x1122334455667788;
  header.nodeid = node;
  std::vector<std::byte> bytes(header.len);
  std::memcpy(bytes.data(), &header, sizeof header);
  if (!body.empty()) std::memcpy(bytes.data() + sizeof header, body.data(), body.size());
  return bytes;
}

template <typename T>
std::string as_body(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

std::vector<std::byte> init_request(std::uint32_t major, std::uint32_t minor) {
  fuse_init_in in{};
  in.major = major;
  in.minor = minor;
  in.max_readahead = 131072;
  return request(FUSE_INIT, 0, as_body(in));
}

fuse_out_header header_of(const FuseAnswer& answer) {
  fuse_out_header header{};
  EXPECT_GE(answer.length, sizeof header);
  std::memcpy(&header, answer.buffer.data(), sizeof header);
  EXPECT_EQ(header.len, answer.length);
  EXPECT_EQ(header.unique, 0x1122334455667788U);
  return header;
}

template <typename T>
T body_of(const FuseAnswer& answer) {
  T value{};
  std::memcpy(&value, answer.buffer.data() + sizeof(fuse_out_header),
              std::min(sizeof value, answer.length - sizeof(fuse_out_header)));
  return value;
}

int error_of(const FuseAnswer& answer) {
  EXPECT_EQ(answer.handling, FuseHandling::Answered);
  return -header_of(answer).error;
}

const std::string kName = std::string(kFuseFileName) + '\0';

TEST(FuseWire, InitOffersOurMinorToANewerKernel) {
  for (const std::uint32_t minor : {31U, 32U, 38U, 45U}) {
    const FuseAnswer answer = answer_request(init_request(7, minor), {});
    EXPECT_EQ(error_of(answer), 0);
    EXPECT_EQ(answer.length, sizeof(fuse_out_header) + 64);
    const auto out = body_of<fuse_init_out>(answer);
    EXPECT_EQ(out.major, 7U);
    EXPECT_EQ(out.minor, 31U);
    EXPECT_EQ(out.max_write, 4096U);
    EXPECT_EQ(out.flags, 0U);
  }
}

TEST(FuseWire, InitKeepsTheReplySizesOfOldMinors) {
  EXPECT_EQ(answer_request(init_request(7, 23), {}).length, sizeof(fuse_out_header) + 64);
  EXPECT_EQ(answer_request(init_request(7, 22), {}).length, sizeof(fuse_out_header) + 24);
  EXPECT_EQ(answer_request(init_request(7, 4), {}).length, sizeof(fuse_out_header) + 8);
  EXPECT_EQ(body_of<fuse_init_out>(answer_request(init_request(7, 12), {})).minor, 12U);
}

TEST(FuseWire, InitOfAnotherMajor) {
  const FuseAnswer newer = answer_request(init_request(8, 0), {});
  EXPECT_EQ(error_of(newer), 0);
  EXPECT_EQ(body_of<fuse_init_out>(newer).major, 7U);
  EXPECT_EQ(error_of(answer_request(init_request(6, 9), {})), EPROTO);
}

TEST(FuseWire, InitOfAKernelWithALongerRequestIsUnderstood) {
  fuse_init_in in{};
  in.major = 7;
  in.minor = 60;
  const auto bytes = request(FUSE_INIT, 0, as_body(in) + std::string(64, 'x'));
  EXPECT_EQ(body_of<fuse_init_out>(answer_request(bytes, {})).minor, 31U);
}

TEST(FuseWire, LookupFindsTheOneFile) {
  const FuseAnswer answer = answer_request(request(FUSE_LOOKUP, FUSE_ROOT_ID, kName), {});
  EXPECT_EQ(error_of(answer), 0);
  const auto out = body_of<fuse_entry_out>(answer);
  EXPECT_EQ(out.nodeid, 2U);
  EXPECT_TRUE(S_ISREG(out.attr.mode));
  EXPECT_EQ(out.attr.size, kFuseFileContent.size());
  const std::string other = std::string("other") + '\0';
  EXPECT_EQ(error_of(answer_request(request(FUSE_LOOKUP, FUSE_ROOT_ID, other), {})), ENOENT);
  EXPECT_EQ(error_of(answer_request(request(FUSE_LOOKUP, 2, kName), {})), ENOENT);
  EXPECT_EQ(error_of(answer_request(request(FUSE_LOOKUP, FUSE_ROOT_ID, "fi"), {})), ENOENT);
}

TEST(FuseWire, GetattrTellsTheDirectoryFromTheFile) {
  const auto mode = [](std::uint64_t node) {
    return body_of<fuse_attr_out>(answer_request(request(FUSE_GETATTR, node), {})).attr.mode;
  };
  EXPECT_TRUE(S_ISDIR(mode(FUSE_ROOT_ID)));
  EXPECT_TRUE(S_ISREG(mode(2)));
  EXPECT_EQ(error_of(answer_request(request(FUSE_GETATTR, 3), {})), ENOENT);
}

TEST(FuseWire, OpenLeavesTheFlushOn) {
  const FuseAnswer answer = answer_request(request(FUSE_OPEN, 2), {});
  EXPECT_EQ(error_of(answer), 0);
  EXPECT_EQ(body_of<fuse_open_out>(answer).open_flags, 0U);
}

TEST(FuseWire, ReadStopsAtTheEnd) {
  const auto read_at = [](std::uint64_t offset, std::uint32_t size) {
    fuse_read_in in{};
    in.offset = offset;
    in.size = size;
    const FuseAnswer answer = answer_request(request(FUSE_READ, 2, as_body(in)), {});
    EXPECT_EQ(error_of(answer), 0);
    return std::string(
        reinterpret_cast<const char*>(answer.buffer.data()) + sizeof(fuse_out_header),
        answer.length - sizeof(fuse_out_header));
  };
  EXPECT_EQ(read_at(0, 4096), kFuseFileContent);
  EXPECT_EQ(read_at(2, 4), kFuseFileContent.substr(2, 4));
  EXPECT_EQ(read_at(kFuseFileContent.size(), 4096), "");
  EXPECT_EQ(read_at(~0ULL, 4096), "");
}

TEST(FuseWire, FlushIsAnsweredUnlessTheDietSaysOtherwise) {
  EXPECT_EQ(error_of(answer_request(request(FUSE_FLUSH, 2), {})), 0);
  EXPECT_EQ(answer_request(request(FUSE_FLUSH, 2), {.eat_flush = true}).handling,
            FuseHandling::Eaten);
  EXPECT_EQ(error_of(answer_request(request(FUSE_FLUSH, 2), {.refuse_flush = true})), ENOSYS);
  EXPECT_EQ(error_of(answer_request(request(FUSE_FLUSH, 2), {.eat_lookup = true})), 0);
}

TEST(FuseWire, ALookupCanBeEaten) {
  const FuseAnswer answer =
      answer_request(request(FUSE_LOOKUP, FUSE_ROOT_ID, kName), {.eat_lookup = true});
  EXPECT_EQ(answer.handling, FuseHandling::Eaten);
  EXPECT_EQ(answer.opcode, static_cast<std::uint32_t>(FUSE_LOOKUP));
  EXPECT_EQ(answer.length, 0U);
}

TEST(FuseWire, SomeRequestsWantNoReply) {
  for (const std::uint32_t opcode : {FUSE_FORGET, FUSE_BATCH_FORGET, FUSE_INTERRUPT}) {
    EXPECT_EQ(answer_request(request(opcode, 2), {}).handling, FuseHandling::NoReply);
  }
}

TEST(FuseWire, EmptyRepliesAndTheUnknown) {
  EXPECT_EQ(error_of(answer_request(request(FUSE_RELEASE, 2), {})), 0);
  EXPECT_EQ(error_of(answer_request(request(FUSE_DESTROY, 0), {})), 0);
  EXPECT_EQ(error_of(answer_request(request(FUSE_STATFS), {})), 0);
  EXPECT_EQ(error_of(answer_request(request(FUSE_GETXATTR), {})), ENOSYS);
  EXPECT_EQ(error_of(answer_request(request(99999), {})), ENOSYS);
}

TEST(FuseWire, ATornRequestIsIgnored) {
  for (const std::size_t size : {0U, 1U, 39U}) {
    const std::vector<std::byte> torn(size);
    EXPECT_EQ(answer_request(torn, {}).handling, FuseHandling::NoReply);
  }
}

TEST(FuseWire, ABodyShorterThanItsTypeReadsAsZeros) {
  EXPECT_EQ(error_of(answer_request(request(FUSE_LOOKUP), {})), ENOENT);
  EXPECT_EQ(error_of(answer_request(request(FUSE_INIT), {})), EPROTO);
  EXPECT_EQ(error_of(answer_request(request(FUSE_READ, 2), {})), 0);
}

}  // namespace

}  // namespace hangrate::fuse_flush_exit
