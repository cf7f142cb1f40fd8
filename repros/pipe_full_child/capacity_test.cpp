// SPDX-License-Identifier: GPL-2.0-or-later
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

#include <gtest/gtest.h>
#include <sys/wait.h>

#include "repros/kit/shared.h"
#include "repros/pipe_full_child/fill.h"
#include "repros/pipe_full_child/merge_rule.h"
#include "repros/pipe_full_child/pipe_facts.h"
#include "repros/pipe_full_child/soft_limit.h"

namespace hangrate::pipe_full_child {
namespace {

using Row = std::pair<std::size_t, std::size_t>;  // bytes a write, bytes before the writer blocks

/// Measured on 6.18.44 x86_64; 137 is the Hive line.
constexpr std::array<Row, 11> kStreamRows = {{{1, 65536},
                                              {100, 64000},
                                              {137, 63568},
                                              {512, 65536},
                                              {2048, 65536},
                                              {2049, 32784},
                                              {4095, 65520},
                                              {4096, 65536},
                                              {4097, 45066},
                                              {5000, 54096},
                                              {8193, 53254}}};
constexpr std::array<Row, 2> kPacketRows = {{{1, 16}, {4097, 32776}}};

TEST(MergeRule, GivesTheNumbersSeenWithSixteenSlotsOfFourKibibytes) {
  for (const auto& [size, bytes] : kStreamRows) {
    EXPECT_EQ(bytes_before_block({16, 4096, false}, size), bytes) << size;
  }
  for (const auto& [size, bytes] : kPacketRows) {
    EXPECT_EQ(bytes_before_block({16, 4096, true}, size), bytes) << size;
  }
}

TEST(MergeRule, CountsSlotsOnOtherPageSizesToo) {
  EXPECT_EQ(bytes_before_block({16, 65536, false}, 65536), 1048576u);
  EXPECT_EQ(bytes_before_block({16, 65536, false}, 32769), 16u * 32769u);
  EXPECT_EQ(bytes_before_block({2, 4096, false}, 137), 2u * 29u * 137u);
  EXPECT_EQ(bytes_before_block({16, 65536, true}, 1), 16u);
  EXPECT_EQ(bytes_before_block({16, 4096, false}, 0), 0u);
}

TEST(FillPipe, MeetsTheNumbersOfFourKibibytePages) {
  if (page_size() != 4096) GTEST_SKIP() << "page size is " << page_size();
  const Filled pages = fill_pipe(4096, false);
  if (pages.capacity != 65536) GTEST_SKIP() << "a new pipe has " << pages.capacity << " bytes";
  for (const auto& [size, bytes] : kStreamRows) EXPECT_EQ(fill_pipe(size, false).bytes, bytes);
  for (const auto& [size, bytes] : kPacketRows) EXPECT_EQ(fill_pipe(size, true).bytes, bytes);
}

TEST(FillPipe, FollowsTheMergeRuleOnAnyPageSize) {
  const std::size_t page = page_size();
  for (const std::size_t size :
       {std::size_t{137}, page / 2, page / 2 + 1, page - 1, page, page + 1, 2 * page + 1}) {
    for (const bool packets : {false, true}) {
      const Filled found = fill_pipe(size, packets);
      ASSERT_EQ(found.failed, 0);
      const PipeShape shape{static_cast<std::size_t>(found.capacity) / page, page, packets};
      EXPECT_EQ(found.bytes, bytes_before_block(shape, size)) << size << " packets " << packets;
    }
  }
}

TEST(SoftLimit, GivesAnUnprivilegedUserASmallPipeThatCannotGrow) {
  kit::Shared<SoftLimit> found;
  ASSERT_TRUE(found);
  const pid_t child = start_soft_limit(*found);
  ASSERT_GT(child, 0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  if (found->failed.load() != 0) {
    GTEST_SKIP() << found->operation.load() << ": " << std::strerror(found->failed.load());
  }
  if (found->small_size.load() == 0) GTEST_SKIP() << "no limit met";
  const int pages = found->small_size.load() / static_cast<int>(page_size());
  EXPECT_TRUE(pages == 1 || pages == 2) << pages;
  EXPECT_EQ(found->regrow.load(), -EPERM);
  const long soft = sysctl_number("/proc/sys/fs/pipe-user-pages-soft", 0);
  EXPECT_LE(found->opened.load(), soft / kDefaultSlots + 1);
}

}  // namespace
}  // namespace hangrate::pipe_full_child
