// SPDX-License-Identifier: GPL-2.0-or-later
//
// A hang is told once as it comes and once as it goes, whatever else is seen in between.
#include "harness/waits/hang_book.h"

#include <gtest/gtest.h>

namespace hangrate {
namespace {

WaitProof proof_of(const std::vector<int>& tids) {
  WaitProof proof;
  for (const int tid : tids) proof.members.push_back({.pid = tid, .tid = tid});
  return proof;
}

Diagnosis with(std::vector<WaitProof> proofs) {
  Diagnosis diagnosis;
  diagnosis.proofs = std::move(proofs);
  return diagnosis;
}

class Book : public ::testing::Test {
 protected:
  HangNews take(const Diagnosis& seen, Nanos now = 100 * kSecond) {
    return book_.take(seen, now, [](int tid) { return tid == 10 ? 90 * kSecond : 0; });
  }
  HangBook book_;
};

TEST_F(Book, TellsAHangOnceAndItsEndOnce) {
  const HangNews first = take(with({proof_of({10, 11})}));
  ASSERT_EQ(first.began.size(), 1U);
  EXPECT_EQ(first.began[0].id, 1);
  EXPECT_EQ(first.began[0].since, 90 * kSecond) << "since when a member was seen to rest";
  const HangNews again = take(with({proof_of({10, 11})}));
  EXPECT_TRUE(again.began.empty());
  EXPECT_TRUE(again.ended.empty());
  const HangNews over = take(with({}));
  ASSERT_EQ(over.ended.size(), 1U);
  EXPECT_EQ(over.ended[0].id, 1);
  EXPECT_TRUE(take(with({})).ended.empty());
}

/// A look that leaves processes out proves less: what it does not prove may stand.
TEST_F(Book, OfAPartialLookOnlyWhatMovedIsOver) {
  const auto part = [&](const std::set<int>& moved) {
    return book_.take(
        with({}), 100 * kSecond, [](int) { return Nanos{}; }, &moved);
  };
  take(with({proof_of({10, 11})}));
  EXPECT_TRUE(part({}).ended.empty());
  EXPECT_TRUE(part({12}).ended.empty());
  EXPECT_EQ(part({11}).ended.size(), 1U);
}

TEST_F(Book, WhereNothingIsLeftToLookAtAllAreOver) {
  take(with({proof_of({10}), proof_of({20})}));
  EXPECT_EQ(book_.end_all().size(), 2U);
  EXPECT_TRUE(book_.end_all().empty());
  EXPECT_FALSE(book_.holds({10}));
}

TEST_F(Book, MoreMembersAreTheSameHang) {
  take(with({proof_of({10, 11})}));
  const HangNews grown = take(with({proof_of({11, 12})}));
  EXPECT_TRUE(grown.began.empty());
  EXPECT_TRUE(grown.ended.empty());
}

TEST_F(Book, OthersAreAnotherHang) {
  take(with({proof_of({10})}));
  const HangNews other = take(with({proof_of({10}), proof_of({20})}));
  ASSERT_EQ(other.began.size(), 1U);
  EXPECT_EQ(other.began[0].id, 2);
  EXPECT_EQ(other.began[0].since, 100 * kSecond) << "not known to have rested before";
}

TEST_F(Book, WhatOnlyASignalCouldHelpIsNotTold) {
  WaitProof proof = proof_of({10});
  proof.only_a_signal = true;
  EXPECT_TRUE(take(with({proof})).began.empty());
}

TEST_F(Book, WhatCannotBeLookedIntoAnyMoreIsNotOver) {
  take(with({proof_of({10})}));
  Diagnosis stuck;
  stuck.stuck.push_back({{.pid = 10, .tid = 10}, "somebody may hold it without showing it"});
  EXPECT_TRUE(take(stuck).ended.empty());
  EXPECT_EQ(take(with({})).ended.size(), 1U);
}

TEST_F(Book, KnowsWhoIsPartOfOne) {
  take(with({proof_of({10, 11})}));
  EXPECT_TRUE(book_.holds({7, 11}));
  EXPECT_EQ(book_.tasks(), (std::set<int>{10, 11}));
  EXPECT_FALSE(book_.holds({7, 12}));
  take(with({}));
  EXPECT_FALSE(book_.holds({11})) << "it is over";
}

}  // namespace
}  // namespace hangrate
