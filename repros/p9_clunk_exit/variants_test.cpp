// SPDX-License-Identifier: GPL-2.0-or-later
//
// The server and the guard are tested without a mount, for few machines have 9p. Passes on kernels
// with and without the bug: a trial may hang or not, but nothing may be left.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "harness/testing/program_trial.h"
#include "harness/testing/repro_manifest.h"
#include "repros/kit/life.h"
#include "repros/kit/p9/guard.h"

int hang_program_main(int argc, char** argv);

namespace hangrate {
namespace {

using testing::comes_true;
using testing::run_alone;

TEST(Variants, OfTheManifestAreThoseOfTheProgram) {
  EXPECT_EQ(testing::variants_of(testing::manifest_of("p9_clunk_exit")),
            testing::registered_variants());
}

/// Of fid 1, to the new fid 2.
hang_p9_message walk_to(const std::vector<std::string>& names) {
  const std::uint8_t tag[2] = {1, 0};
  hang_p9_message request;
  request.add(1, 4);
  request.add(2, 4);
  request.add(names.size(), 2);
  for (const std::string& name : names) {
    request.add(name.size(), 2);
    for (const char byte : name) request.add(static_cast<std::uint8_t>(byte), 1);
  }
  request.finish(HANG_P9_WALK, tag);
  return request;
}
/// Names found; -1: an Rlerror.
int walked(const hang_p9_message& request) {
  hang_p9_message reply;
  hang_p9_reply(request, &reply);
  if (reply.type() == HANG_P9_RLERROR) return -1;
  EXPECT_EQ(reply.type(), HANG_P9_WALK + 1);
  EXPECT_EQ(reply.size, 9 + 13 * reply.number(7, 2));
  return static_cast<int>(reply.number(7, 2));
}

TEST(Server, WalksToItsFolderAndToNothingElse) {
  EXPECT_EQ(walked(walk_to({kHangP9Folder})), 1);
  EXPECT_EQ(walked(walk_to({})), 0) << "the same directory once more";
  for (const char* name : {"", "f", "folde", "folder2", "file"})
    EXPECT_EQ(walked(walk_to({name})), -1) << name;
  EXPECT_EQ(walked(walk_to({kHangP9Folder, kHangP9Folder})), -1);
}

TEST(Server, RefusesAWalkThatIsCutOff) {
  const hang_p9_message whole = walk_to({kHangP9Folder});
  for (std::uint32_t size = 7; size < whole.size; ++size) {
    hang_p9_message cut = whole;
    cut.size = size;
    EXPECT_EQ(walked(cut), -1) << size;
  }
}

TEST(Server, ADirectoryThatIsFoundIsTheOneThatIsOpened) {
  const std::uint8_t tag[2] = {1, 0};
  hang_p9_message found, open, opened;
  hang_p9_reply(walk_to({kHangP9Folder}), &found);
  open.add(2, 4);  // the fid of the walk
  open.add(0, 4);
  open.finish(HANG_P9_LOPEN, tag);
  hang_p9_reply(open, &opened);
  ASSERT_EQ(opened.size, 7u + 13 + 4);
  EXPECT_EQ(memcmp(found.bytes + 9, opened.bytes + 7, 13), 0);
  EXPECT_EQ(opened.bytes[7], 0x80) << "a directory";
}

TEST(Mailbox, GivesBackWhatWasPutInOldestFirst) {
  hang_p9_mailbox box;
  int ends[2];
  hang_p9_mailbox_make(&box);
  EXPECT_EQ(hang_p9_mailbox_take(box.out), -1);
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
  for (const int end : ends) hang_p9_mailbox_put(&box, end);
  const hang_fd first(hang_p9_mailbox_take(box.out)), second(hang_p9_mailbox_take(box.out));
  EXPECT_EQ(hang_p9_mailbox_take(box.out), -1);
  EXPECT_EQ(::write(second, "x", 1), 1);
  char byte = 0;
  EXPECT_EQ(::read(first, &byte, 1), 1);
  EXPECT_EQ(byte, 'x');
  for (const int end : ends) ::close(end);
}

/// True: the client's end of the pair was shut down, by a guard or by us.
bool ends_within(int server_end, int ms) {
  pollfd end = {server_end, POLLIN, 0};
  char byte;
  return ::poll(&end, 1, ms) == 1 && ::read(server_end, &byte, 1) == 0;
}

/// A worker with a guard and a connection, which it forgets if told so; it lives until it is
/// killed.
int start_worker(int client_end, std::atomic<int>* ready, bool forgets) {
  const int worker = ::fork();
  if (worker != 0) return worker;
  hang_p9_mailbox box;
  hang_p9_mount made;
  hang_p9_guard_start(&box);
  made.kernel_end.reset(client_end);
  hang_p9_guard(&box, &made);
  if (forgets) hang_p9_unguard(&box);
  *ready = 1;
  for (;;) ::pause();
}

TEST(Guard, EndsTheConnectionOfADeadWorkerAndNoOther) {
  for (const bool forgets : {false, true}) {
    std::atomic<int>* ready = static_cast<std::atomic<int>*>(hang_share(sizeof *ready));
    int pair[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    const int worker = start_worker(pair[0], ready, forgets);
    ASSERT_TRUE(comes_true([&] { return *ready == 1; }));
    EXPECT_FALSE(ends_within(pair[1], 50)) << "it lives";
    ::kill(worker, SIGKILL);
    EXPECT_EQ(::waitpid(worker, nullptr, 0), worker);
    EXPECT_EQ(ends_within(pair[1], forgets ? 50 : 10000), !forgets);
    for (const int end : pair) ::close(end);  // the test has the client's end too
  }
}

/// Needs root and a kernel with 9p.
class Mounts : public testing::ProgramTrial<::testing::TestWithParam<const char*>> {
 protected:
  void SetUp() override {
    if (run_alone(hang_program_main, {"socket-first", "--trials", "1"}) == HANG_EXIT_SKIP)
      GTEST_SKIP() << "no 9p here: a kernel with CONFIG_9P_FS, as root";
  }
};

TEST_P(Mounts, AServerThatHoldsItsOwnMountHangsUntilTheConnectionEnds) {
  worker_.start(hang_program_main, GetParam(), 20'000'000);
  ASSERT_TRUE(comes_true([&] { return worker_.in(HANG_PARKED) || worker_.clean(); }));
  if (!worker_.in(HANG_PARKED)) GTEST_SKIP() << "no clunk waits at exit on this kernel";
  ASSERT_TRUE(comes_true([&] { return hang_life_of(slot_.parties[0].pid) == HANG_EXITING; }));
  order(HANG_CHECK);
  EXPECT_EQ(slot_.invariant, HANG_BROKEN) << slot_.invariant_text;
  order(HANG_LEVER);
  EXPECT_TRUE(comes_true([&] { return worker_.released() && worker_.clean(); }));
}

INSTANTIATE_TEST_SUITE_P(Holding, Mounts, ::testing::Values("self-held", "cwd"),
                         [](const auto& param) {
                           return std::string(param.param == std::string("cwd") ? "cwd" : "file");
                         });

TEST_F(Mounts, TheGuardFreesTheServerOfADeadWorker) {
  worker_.start(hang_program_main, "self-held", 20'000'000);
  ASSERT_TRUE(comes_true([&] { return worker_.in(HANG_PARKED) || worker_.clean(); }));
  if (!worker_.in(HANG_PARKED)) GTEST_SKIP() << "no clunk waits at exit on this kernel";
  const int server = slot_.parties[0].pid;
  worker_.end();
  EXPECT_TRUE(comes_true([&] { return hang_life_of(server) == HANG_GONE; }));
}

TEST_F(Mounts, ALivingServerBreaksNothing) {
  park(hang_program_main, "live-server", 20'000'000);
  order(HANG_CHECK);
  EXPECT_EQ(slot_.invariant, HANG_HOLDS) << slot_.invariant_text;
  order(HANG_LEVER);
  EXPECT_TRUE(comes_true([&] { return worker_.released() && worker_.clean(); }));
}

TEST_F(Mounts, TheSocketFirstOrAnHeirNeverHangs) {
  for (const char* variant : {"socket-first", "heir"})
    EXPECT_EQ(run_alone(hang_program_main, {variant, "--trials", "20"}), 0) << variant;
}

}  // namespace
}  // namespace hangrate
