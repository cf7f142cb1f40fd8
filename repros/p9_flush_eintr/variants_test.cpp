// SPDX-License-Identifier: GPL-2.0-or-later
//
// The server is tested without a mount, for few machines have 9p, and no kernel of today shows the
// anomaly.
#include <thread>

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include "harness/testing/repro_manifest.h"
#include "harness/testing/sure_bug.h"
#include "harness/testing/worker_process.h"
#include "repros/kit/p9/hold.h"

int hang_program_main(int argc, char** argv);

namespace hangrate {
namespace {

using testing::comes_true;
using testing::run_alone;

hang_p9_message request_of(std::uint8_t type, std::uint8_t tag, std::uint64_t body) {
  const std::uint8_t tags[2] = {tag, 0};
  hang_p9_message request;
  request.add(body, 2);
  request.finish(type, tags);
  return request;
}

/// A server that holds TWALK, and a client that has sent one with tag 1.
class Server : public ::testing::Test {
 protected:
  void start(std::uint32_t answer) {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    client_ = ends[0];
    server_ = ends[1];
    released_ = ::eventfd(0, EFD_CLOEXEC);
    told_.wanted = HANG_P9_WALK;
    thread_ =
        std::thread([this, answer] { hang_p9_serve_holding(server_, &told_, released_, answer); });
    ask(HANG_P9_WALK, 1, 0);
    ASSERT_TRUE(comes_true([&] { return told_.held == 1; }));
  }
  void TearDown() override {
    ::shutdown(client_, SHUT_RDWR);
    thread_.join();
    for (const int fd : {client_, server_, released_}) ::close(fd);
  }
  void ask(std::uint8_t type, std::uint8_t tag, std::uint64_t body) {
    EXPECT_TRUE(hang_p9_send(client_, request_of(type, tag, body)));
  }
  void release() {
    const std::uint64_t one = 1;
    EXPECT_EQ(::write(released_, &one, sizeof one), 8);
  }
  /// "TYPE/TAG" of the next answer, and the error of an Rlerror.
  std::string next() {
    hang_p9_message got;
    if (!hang_p9_read(client_, &got)) return "none";
    const std::string error =
        got.type() == HANG_P9_RLERROR ? " error " + std::to_string(got.bytes[7]) : "";
    return std::to_string(got.type()) + "/" + std::to_string(got.bytes[5]) + error;
  }
  hang_p9_hold told_{};

 private:
  int client_ = -1, server_ = -1, released_ = -1;
  std::thread thread_;
};

TEST_F(Server, OfOldAnswersWhatItWasToldToForgetBeforeTheFlush) {
  start(EINTR);
  ask(HANG_P9_FLUSH, 2, 1);
  EXPECT_EQ(next(), "7/1 error 4");
  EXPECT_EQ(next(), "109/2");
  EXPECT_EQ(told_.flushed, 1);
}

TEST_F(Server, OfTodayForgetsIt) {
  start(0);
  ask(HANG_P9_FLUSH, 2, 1);
  EXPECT_EQ(next(), "109/2");
  ask(HANG_P9_CLUNK, 3, 0);
  EXPECT_EQ(next(), "121/3") << "nothing came in between";
  EXPECT_EQ(told_.flushed, 1);
}

TEST_F(Server, HoldsOneRequestUntilItIsReleased) {
  start(EINTR);
  ask(HANG_P9_FLUSH, 2, 9);
  EXPECT_EQ(next(), "109/2") << "of a request that it does not hold";
  EXPECT_EQ(told_.flushed, 0);
  release();
  EXPECT_EQ(next(), "7/1 error 2") << "there is no such file";
  ask(HANG_P9_WALK, 4, 0);
  EXPECT_EQ(next(), "7/4 error 2");
}

TEST(Variants, OfTheManifestAreThoseOfTheProgram) {
  EXPECT_EQ(testing::variants_of(testing::manifest_of("p9_flush_eintr")),
            testing::registered_variants());
}

/// Needs root and a kernel with 9p.
class Mounts : public ::testing::Test {
 protected:
  void SetUp() override {
    if (run_alone(hang_program_main, {"no-signal", "--trials", "1"}) == HANG_EXIT_SKIP)
      GTEST_SKIP() << "no 9p here: a kernel with CONFIG_9P_FS, as root";
  }
};

TEST_F(Mounts, OfQemusServerAreSkippedWithoutAShare) {
  const int code = run_alone(hang_program_main, {"virtio-server", "--trials", "1"});
  if (code == 0) GTEST_SKIP() << "this machine is a guest that has one";
  EXPECT_EQ(code, HANG_EXIT_SKIP);
}

TEST_F(Mounts, NoSignalOrTheRightAnswerIsNoAnomaly) {
  EXPECT_EQ(run_alone(hang_program_main, {"no-signal", "--trials", "20"}), 0);
  EXPECT_EQ(run_alone(hang_program_main, {"right-answer", "--trials", "20"}), 0);
}

TEST_F(Mounts, AnAnomalySaysWhatTheServerWasTold) {
  const std::string message = testing::anomaly_of(hang_program_main, "old-answer");
  if (message.empty()) GTEST_SKIP() << "the waits of this kernel are killable";
  EXPECT_NE(message.find("told to forget 1 of 1 requests"), message.npos) << message;
}

}  // namespace
}  // namespace hangrate
