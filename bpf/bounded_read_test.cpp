// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/bounded_read.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "harness/base/unique_fd.h"

namespace hangrate {
namespace {

struct Pipe {
  Pipe() {
    int ends[2] = {-1, -1};
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    read.reset(ends[0]);
    write.reset(ends[1]);
  }
  UniqueFd read;
  UniqueFd write;
};

TEST(BoundedRead, GivesAllUntilTheEnd) {
  Pipe pipe;
  ASSERT_EQ(::write(pipe.write.get(), "task 7", 6), 6);
  pipe.write.reset();
  EXPECT_EQ(read_bounded(pipe.read.get(), kSecond, 100), "task 7");
}

/// A descriptor that says EAGAIN for ever held the supervisor for ever.
TEST(BoundedRead, AnEndThatNeverComesIsNoText) {
  Pipe pipe;
  ASSERT_EQ(::write(pipe.write.get(), "task 7", 6), 6);
  EXPECT_EQ(read_bounded(pipe.read.get(), 10 * kMilli, 100), std::nullopt);
}

TEST(BoundedRead, MoreThanFitsIsNoText) {
  const UniqueFd zero(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(read_bounded(zero.get(), 3600 * kSecond, 100'000), std::nullopt);
}

TEST(BoundedRead, AnErrorIsNoText) {
  EXPECT_EQ(read_bounded(-1, kSecond, 100), std::nullopt);
}

}  // namespace
}  // namespace hangrate
