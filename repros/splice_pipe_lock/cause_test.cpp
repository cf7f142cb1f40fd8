// SPDX-License-Identifier: GPL-2.0-or-later
//
// splice_pipe_lock, from both sides: the traces in which the cause is stated, and those in which
// the splicer may not have the mutex, or the victim does not wait for it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/testing/explanation_check.h"

namespace hangrate {
namespace {

using namespace hangrate::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int kSplicer = 401;
constexpr int kUser = 402;

/// As it came from 6.18.44, without what does not matter: events 0 to 3.
MadeTrace locked_pipe(TracedCall call = TracedCall::PipeRead) {
  MadeTrace made;
  made.task(kSplicer, "splicer").task(kUser, "reader");
  made.call(kSplicer, TracedCall::PipeSplice, kPipe, slots(0, 16));
  made[made.sleep(kSplicer, TracedCall::PipeSplice)].stack = {
      "unix_stream_read_generic", "unix_stream_splice_read", "splice_file_to_pipe", "do_splice"};
  made.call(kUser, call, kPipe, slots(0, 16));
  const std::size_t slept = made.sleep(kUser, call, 'D');
  made[slept].object = kPipe;
  made[slept].stack = {call == TracedCall::PipeRead ? "anon_pipe_read" : "pipe_fcntl", "vfs_read"};
  return made;
}

TEST(ExplainSplicePipeLock, StatesWhoHasTheMutexAndWhoWaitsForIt) {
  const Explanation e = checked_explanation(locked_pipe().trace(), {kUser});
  ASSERT_EQ(e.causes.size(), 1u);
  EXPECT_EQ(e.causes[0].name, "splice_pipe_lock");
  const std::string text = text_of(e);
  EXPECT_THAT(text, HasSubstr("splicer splices into the pipe and sleeps in unix_stream_splice_read "
                              "for data of another file"));
  EXPECT_THAT(text, HasSubstr("reader came 1.000 us later and sleeps in pipe_read for the mutex"));
}

TEST(ExplainSplicePipeLock, OfACallThatOnlyAsksForTheSizeToo) {
  EXPECT_THAT(cause_names(locked_pipe(TracedCall::PipeFcntl).trace(), {kUser}),
              ElementsAre("splice_pipe_lock"));
}

/// Before v5.12 there was no splice_file_to_pipe().
TEST(ExplainSplicePipeLock, OnAnOlderKernelToo) {
  MadeTrace made = locked_pipe();
  made[1].stack = {"unix_stream_read_generic", "unix_stream_splice_read", "do_splice"};
  EXPECT_THAT(cause_names(made.trace(), {kUser}), ElementsAre("splice_pipe_lock"));
}

TEST(ExplainSplicePipeLock, NotASplicerOfAnotherPipe) {
  MadeTrace made = locked_pipe();
  made[0].object = kPipe + 1;
  EXPECT_THAT(cause_names(made.trace(), {kUser}), IsEmpty());
}

/// It waits for room in the pipe: pipe_wait_writable() lets go of the mutex.
TEST(ExplainSplicePipeLock, NotASplicerThatWaitsForThePipeItself) {
  MadeTrace made = locked_pipe();
  made[1].stack = {"pipe_wait_writable", "splice_file_to_pipe", "do_splice"};
  EXPECT_THAT(cause_names(made.trace(), {kUser}), IsEmpty());
}

TEST(ExplainSplicePipeLock, NotASplicerThatWasWoken) {
  MadeTrace made = locked_pipe();
  made.run(kSplicer);
  EXPECT_THAT(cause_names(made.trace(), {kUser}), IsEmpty());
}

TEST(ExplainSplicePipeLock, NotASplicerWhoseStackIsNotKnown) {
  MadeTrace made = locked_pipe();
  made[1].stack = {};
  EXPECT_THAT(cause_names(made.trace(), {kUser}), IsEmpty());
}

TEST(ExplainSplicePipeLock, NotAReaderThatWaitsForData) {
  MadeTrace made = locked_pipe();
  made[3].state = 'S';
  EXPECT_THAT(cause_names(made.trace(), {kUser}), IsEmpty());
}

/// A page fault inside pipe_read().
TEST(ExplainSplicePipeLock, NotAReaderThatSleepsElsewhere) {
  MadeTrace made = locked_pipe();
  made[3].stack = {"folio_wait_bit_common", "filemap_fault", "anon_pipe_read"};
  EXPECT_THAT(cause_names(made.trace(), {kUser}), IsEmpty());
}

}  // namespace
}  // namespace hangrate
