// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "harness/testing/program_trial.h"
#include "harness/testing/repro_manifest.h"
#include "stream.h"

int hang_program_main(int argc, char** argv);

namespace hangrate {
namespace {

using testing::run_alone;

TEST(Variants, OfTheManifestAreThoseOfTheProgram) {
  EXPECT_EQ(testing::variants_of(testing::manifest_of("pipeline_resize")),
            testing::registered_variants());
}

/// Whatever the kernel: where the pipe is not resized while zstd waits, every stream comes whole.
TEST(Alone, StreamsComeWholeWhereTheCureIsApplied) {
  for (const char* variant : {"no-resize", "resize-first"}) {
    const int code = run_alone(hang_program_main, {variant, "help=asleep", "--trials", "5"});
    if (code == HANG_EXIT_SKIP) GTEST_SKIP() << "no bash, gpg or zstd here";
    EXPECT_EQ(code, 0) << variant;
  }
}

TEST(Stream, ASumTellsEveryByteAndItsPlace) {
  const uint64_t sum = stream_sum(0, "abc", 3);
  EXPECT_EQ(stream_sum(stream_sum(0, "a", 1), "bc", 2), sum);
  EXPECT_NE(stream_sum(0, "acb", 3), sum);
  EXPECT_NE(stream_sum(0, "ab", 2), sum);
}

TEST(Stream, AWriterIsFoundOnlyWhileItSleepsInWrite) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const int child = ::fork();
  if (child == 0) {
    static char bytes[1 << 17];
    ::setpgid(0, 0);
    ::prctl(PR_SET_NAME, "filler");
    ::dup2(ends[1], STDOUT_FILENO);
    ::_exit(::write(STDOUT_FILENO, bytes, sizeof bytes) < 0);
  }
  ASSERT_GT(child, 0);
  EXPECT_TRUE(testing::comes_true([&] {
    return stream_member(child, "filler") == child &&
           stream_thread_in_write(child, STDOUT_FILENO) == child;
  }));
  EXPECT_EQ(stream_thread_in_write(child, STDERR_FILENO), 0);
  EXPECT_EQ(stream_member(child, "another"), 0);
  ::kill(child, SIGSTOP);
  EXPECT_TRUE(testing::comes_true([&] { return stream_state(child) == 'T'; }));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(stream_state(child), 0);
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace
}  // namespace hangrate
