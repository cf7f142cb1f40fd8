// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <sstream>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "harness/base/file.h"
#include "harness/testing/program_worker.h"
#include "harness/testing/worker_process.h"
#include "repros/pipe_full_child/full_child.h"

int hang_program_main(int argc, char** argv);

namespace hangrate {
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

long sysctl(const std::string& name) {
  return std::stol(read_file("/proc/sys/fs/pipe-" + name).value_or("0"));
}

TEST(MergeRule, GivesTheNumbersSeenWithSixteenSlotsOfFourKibibytes) {
  for (const auto& [size, bytes] : kStreamRows) {
    EXPECT_EQ(full_rule({16, 4096, false}, size), bytes) << size;
  }
  for (const auto& [size, bytes] : kPacketRows) {
    EXPECT_EQ(full_rule({16, 4096, true}, size), bytes) << size;
  }
}

TEST(MergeRule, CountsSlotsOnOtherPageSizesToo) {
  EXPECT_EQ(full_rule({16, 65536, false}, 65536), 1048576u);
  EXPECT_EQ(full_rule({16, 65536, false}, 32769), 16u * 32769u);
  EXPECT_EQ(full_rule({2, 4096, false}, 137), 2u * 29u * 137u);
  EXPECT_EQ(full_rule({16, 65536, true}, 1), 16u);
  EXPECT_EQ(full_rule({16, 4096, false}, 0), 0u);
}

TEST(FillPipe, MeetsTheNumbersOfFourKibibytePages) {
  std::size_t capacity = 0;
  full_fill(4096, false, &capacity);
  if (::sysconf(_SC_PAGESIZE) != 4096 || capacity != 65536) GTEST_SKIP() << capacity;
  for (const auto& [size, bytes] : kStreamRows) {
    EXPECT_EQ(full_fill(size, false, &capacity), bytes);
  }
  for (const auto& [size, bytes] : kPacketRows) EXPECT_EQ(full_fill(size, true, &capacity), bytes);
}

TEST(FillPipe, FollowsTheMergeRuleOnAnyPageSize) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  std::size_t capacity = 0;
  for (const std::size_t size :
       {std::size_t{137}, page / 2, page / 2 + 1, page - 1, page, page + 1, 2 * page + 1}) {
    for (const bool packets : {false, true}) {
      const std::size_t bytes = full_fill(size, packets, &capacity);
      EXPECT_EQ(bytes, full_rule({capacity / page, page, packets}, size)) << size << packets;
    }
  }
}

TEST(SoftLimit, GivesAnUnprivilegedUserASmallPipeThatCannotGrow) {
  testing::ProgramWorker worker;
  worker.start(hang_program_main, "capacity", 200'000);
  ASSERT_TRUE(testing::comes_true([&] { return worker.in(HANG_REPORTED); }));
  const hang_slot& slot = worker.slot();
  std::istringstream rows(std::string(slot.measurements, slot.measurement_bytes));
  std::map<std::string, std::string> values;
  for (std::string name, value, unit; std::getline(rows, name, '\t') &&
                                      std::getline(rows, value, '\t') &&
                                      std::getline(rows, unit);) {
    values[name] = value;
  }
  const std::string size = values["unprivileged: its capacity"];
  if (size.rfind("unknown", 0) == 0) GTEST_SKIP() << size;
  const long pages = std::stol(size) / ::sysconf(_SC_PAGESIZE);
  EXPECT_TRUE(pages == 1 || pages == 2) << pages;
  const std::string full =
      std::to_string(std::min(16 * ::sysconf(_SC_PAGESIZE), sysctl("max-size")));
  EXPECT_EQ(values["unprivileged: F_SETPIPE_SZ " + full + " B on it"], "EPERM");
  EXPECT_LE(std::stol(values["unprivileged: first smaller pipe"]),
            sysctl("user-pages-soft") / 16 + 1);
}

}  // namespace
}  // namespace hangrate
