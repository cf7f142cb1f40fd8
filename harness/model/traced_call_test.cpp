// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/model/traced_call.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace hangrate {
namespace {

TEST(TracedCalls, AreInTheOrderOfTheirNumbers) {
  int number = 0;
  for (const TracedCallRow& row : traced_calls()) {
    EXPECT_EQ(static_cast<int>(row.call), ++number) << row.name;
    EXPECT_EQ(&row_of(row.call), &row);
  }
}

// The pattern of results/schema/journal.schema.json.
TEST(TracedCalls, HaveNamesOfLettersDigitsAndUnderscores) {
  for (const TracedCallRow& row : traced_calls()) {
    EXPECT_EQ(std::string_view(row.name).find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_"),
              std::string_view::npos)
        << row.name;
  }
}

/// Journals of the first version hold these; whoever renames one can no longer read them.
TEST(TracedCalls, KeepTheNamesThatJournalsHold) {
  std::set<std::string> names;
  for (const TracedCallRow& row : traced_calls()) names.insert(row.name);
  for (const char* name : {"pipe_read", "pipe_write", "pipe_splice", "pipe_fcntl",
                           "pipe_resize_ring", "pipe_release", "fuse_flush", "request_wait_answer",
                           "do_wait", "zap_pid_ns_processes", "p9_client_flush", "p9_client_rpc"}) {
    EXPECT_EQ(names.count(name), 1U) << name;
  }
}

TEST(TracedCalls, NoneAndNumbersWithoutARowSayNothing) {
  for (const auto call : {TracedCall::None, static_cast<TracedCall>(255)}) {
    EXPECT_STREQ(traced_call_name(call), "");
    EXPECT_TRUE(row_of(call).frames.empty());
    EXPECT_TRUE(row_of(call).states.empty());
    EXPECT_FALSE(row_of(call).hooks.front().used());
  }
}

}  // namespace
}  // namespace hangrate
