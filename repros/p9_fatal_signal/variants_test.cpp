// SPDX-License-Identifier: GPL-2.0-or-later
//
// The wire format is tested without a mount, for few machines have 9p.
#include <gtest/gtest.h>

#include "harness/testing/program_worker.h"
#include "harness/testing/repro_manifest.h"
#include "harness/testing/worker_process.h"
#include "repros/kit/p9/server.h"

int hang_program_main(int argc, char** argv);

namespace hangrate {
namespace {

using testing::run_alone;

hang_p9_message request_of(std::uint8_t type, std::size_t body) {
  const std::uint8_t tag[2] = {0x34, 0x12};
  hang_p9_message request;
  for (std::size_t i = 0; i < body; ++i) request.add(i, 1);
  request.finish(type, tag);
  return request;
}

TEST(Variants, OfTheManifestAreThoseOfTheProgram) {
  EXPECT_EQ(testing::variants_of(testing::manifest_of("p9_fatal_signal")),
            testing::registered_variants());
}

TEST(Server, AnswersHaveTheTagTheNextTypeAndTheSizeOf9P2000L) {
  struct {
    std::uint8_t type, answer;
    std::uint32_t size;
  } const cases[] = {{HANG_P9_VERSION, 101, 21}, {HANG_P9_ATTACH, 105, 20},
                     {HANG_P9_GETATTR, 25, 160}, {HANG_P9_FLUSH, 109, 7},
                     {HANG_P9_CLUNK, 121, 7},    {HANG_P9_WALK, HANG_P9_RLERROR, 11},
                     {30, HANG_P9_RLERROR, 11}};
  for (const auto& one : cases) {
    hang_p9_message reply;
    hang_p9_reply(request_of(one.type, 14), &reply);
    EXPECT_EQ(reply.type(), one.answer) << int{one.type};
    EXPECT_EQ(reply.size, one.size) << int{one.type};
    EXPECT_EQ(reply.bytes[0], one.size) << int{one.type};
    EXPECT_EQ(reply.bytes[5], 0x34) << int{one.type};
    EXPECT_EQ(reply.bytes[6], 0x12) << int{one.type};
  }
}

TEST(Server, ReadsWholeMessagesAndRefusesImpossibleSizes) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  const hang_p9_message sent = request_of(HANG_P9_WALK, 14);
  ASSERT_EQ(::send(ends[0], sent.bytes, sent.size, 0), 21);
  hang_p9_message got;
  ASSERT_TRUE(hang_p9_read(ends[1], &got));
  EXPECT_EQ(got.size, 21u);
  EXPECT_EQ(got.type(), HANG_P9_WALK);
  const std::uint8_t huge[7] = {0xff, 0xff, 0xff, 0xff, 100, 0, 0};
  ASSERT_EQ(::send(ends[0], huge, sizeof huge, 0), 7);
  EXPECT_FALSE(hang_p9_read(ends[1], &got));
  ::close(ends[0]);
  EXPECT_FALSE(hang_p9_read(ends[1], &got)) << "the client is gone";
  ::close(ends[1]);
}

TEST(Controls, NeverHang) {
  for (const char* variant : {"flush-answered", "walk-answered"}) {
    const int ended = run_alone(hang_program_main, {variant, "--trials", "20"});
    if (ended == HANG_EXIT_SKIP) GTEST_SKIP() << "no 9p here: a kernel with CONFIG_9P_FS, as root";
    EXPECT_EQ(ended, 0) << variant;
  }
}

}  // namespace
}  // namespace hangrate
