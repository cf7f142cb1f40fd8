// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/fuse_flush_exit/child.h"

#include <cerrno>

#include <gtest/gtest.h>
#include <unistd.h>

namespace hangrate::fuse_flush_exit {

namespace {

TEST(Mailbox, TellsWhoSentWhat) {
  Mailbox mailbox;
  ASSERT_EQ(mailbox.open(), "");
  Child child;
  ASSERT_EQ(child.start(0, [&] { mailbox.send(News::Failed, ENOTDIR); }), "");
  mailbox.keep_reader();
  const int pid = child.pid();
  const Message message = mailbox.receive(5 * kSecond);
  EXPECT_EQ(message.news, News::Failed);
  EXPECT_EQ(message.error_number, ENOTDIR);
  EXPECT_EQ(message.pid, pid);
  EXPECT_TRUE(child.reap_within(5 * kSecond));
  EXPECT_EQ(mailbox.receive(5 * kSecond).news, News::Silence);  // at once: no sender is left
}

TEST(Child, IsReapedOnceItIsDeadAndNotBefore) {
  Child child;
  EXPECT_TRUE(child.reaped());
  ASSERT_EQ(child.start(0,
                        [] {
                          while (true) ::pause();
                        }),
            "");
  EXPECT_FALSE(child.reap_within(kMilli));
  child.kill();
  EXPECT_TRUE(child.reap_within(5 * kSecond));
  EXPECT_FALSE(child.started());
}

}  // namespace

}  // namespace hangrate::fuse_flush_exit
