// SPDX-License-Identifier: GPL-2.0-or-later
//
// fuse_inval_lookup, from both sides: the traces in which the cause is stated, and those of a
// server that may still answer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/testing/explanation_check.h"

namespace hangrate {
namespace {

using namespace hangrate::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int kClient = 501;
constexpr int kNotifier = 502;
constexpr std::int64_t kInit26 = 26;
constexpr std::int64_t kLookup = 1;

/// As it came from 6.18.44, without what does not matter: events 0 to 4.
MadeTrace notified() {
  MadeTrace made;
  made.task(kClient, "client").task(kNotifier, "server").task(kWorker, "", 0, "worker");
  made.fuse_send(kWorker, 2, kInit26);
  made.fuse_end(kNotifier, 2, kInit26);
  made.fuse_send(kClient, 4, kLookup);
  made[made.sleep(kClient, TracedCall::None)].stack = {
      "request_wait_answer", "__fuse_simple_request", "fuse_lookup_name", "fuse_lookup"};
  made[made.sleep(kNotifier, TracedCall::None, 'D')].stack = {"fuse_reverse_inval_entry",
                                                              "fuse_dev_do_write"};
  return made;
}

TEST(ExplainFuseInval, StatesThatTheServerSleepsInItsNotification) {
  const Explanation e = checked_explanation(notified().trace(), {kClient, kNotifier});
  ASSERT_EQ(e.causes.size(), 1u);
  EXPECT_EQ(e.causes[0].name, "fuse_inval_lookup");
  const std::string text = text_of(e);
  EXPECT_THAT(text, HasSubstr("client queued FUSE request 4, LOOKUP and waits for the answer"));
  EXPECT_THAT(text, HasSubstr("sleeps in fuse_reverse_inval_entry for the lock of a directory"));
}

TEST(ExplainFuseInval, OfDataToo) {
  MadeTrace made = notified();
  made[4].stack = {"__folio_lock", "invalidate_inode_pages2_range", "fuse_reverse_inval_inode"};
  EXPECT_THAT(cause_names(made.trace(), {kClient}), ElementsAre("fuse_inval_lookup"));
}

TEST(ExplainFuseInval, NotAServerThatIsOnlySilent) {
  MadeTrace made = notified();
  made[4].state = 'S';
  made[4].stack = {"fuse_dev_do_read", "fuse_dev_read"};
  EXPECT_THAT(cause_names(made.trace(), {kClient}), IsEmpty());
}

TEST(ExplainFuseInval, NotIfAnotherThreadOfTheServerMayAnswer) {
  MadeTrace made = notified();
  made.task(kNotifier + 1, "", kNotifier);
  made.sleep(kNotifier + 1, TracedCall::None);
  EXPECT_THAT(cause_names(made.trace(), {kClient}), IsEmpty());
}

TEST(ExplainFuseInval, NotIfAChildOfTheServerMayAnswer) {
  MadeTrace made = notified();
  MadeTrace other;
  other.task(kClient, "client").task(kNotifier, "server").task(kWorker, "", 0, "worker");
  other.fork(kNotifier, 777);
  for (const TraceEvent& event : made.trace().events) other.add(event);
  EXPECT_THAT(cause_names(other.trace(), {kClient}), IsEmpty());
  other.exit(777);
  EXPECT_THAT(cause_names(other.trace(), {kClient}), ElementsAre("fuse_inval_lookup"));
}

TEST(ExplainFuseInval, NotARequestThatWasAnswered) {
  MadeTrace made = notified();
  made.fuse_end(kNotifier, 4, kLookup);
  EXPECT_THAT(cause_names(made.trace(), {kClient}), IsEmpty());
}

TEST(ExplainFuseInval, NotAfterAnAbort) {
  MadeTrace made = notified();
  made.fuse_abort(kWorker);
  EXPECT_THAT(cause_names(made.trace(), {kClient}), IsEmpty());
}

TEST(ExplainFuseInval, NotWhereRequestsAreNotTraced) {
  MadeTrace made = notified();
  made.trace().events.erase(made.trace().events.begin(), made.trace().events.begin() + 3);
  EXPECT_THAT(cause_names(made.trace(), {kClient}), IsEmpty());
}

}  // namespace
}  // namespace hangrate
