// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/channel.h"

#include <csignal>
#include <cstring>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hangrate {
namespace {

std::string path_of(const ChannelReader& reader) {
  return "/proc/self/fd/" + std::to_string(reader.fd());
}

TEST(Channel, LinesArriveWholeAndInOrderRoundTheRing) {
  auto reader = ChannelReader::make();
  ASSERT_TRUE(reader) << reader.error().what();
  auto writer = ChannelWriter::open(path_of(*reader));
  ASSERT_TRUE(writer) << writer.error().what();
  std::uint64_t sent = 0;
  std::uint64_t seen = 0;
  while (sent < 60'000) {  // 60,000 x about 1 kB: several times round
    for (int i = 0; i < 1000; ++i, ++sent) {
      ASSERT_TRUE(writer->append(std::to_string(sent) + std::string(900 + sent % 200, 'x')));
    }
    for (const std::string& line : reader->take_lines()) {
      ASSERT_EQ(line, std::to_string(seen) + std::string(900 + seen % 200, 'x'));
      ++seen;
    }
  }
  EXPECT_EQ(seen, sent);
  EXPECT_FALSE(reader->corrupt());
}

TEST(Channel, WhatAKilledWriterHadWrittenIsThere) {
  auto reader = ChannelReader::make();
  const std::string path = path_of(*reader);
  const pid_t child = ::fork();
  if (child == 0) {
    auto writer = ChannelWriter::open(path);
    for (int i = 0; i < 100; ++i) {
      if (!writer->append("line " + std::to_string(i))) ::_exit(1);
    }
    ::raise(SIGKILL);
  }
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(reader->take_lines().size(), 100u);
  auto next = ChannelWriter::open(path);  // another process goes on where it stopped
  ASSERT_TRUE(next->append("last"));
  EXPECT_EQ(reader->take_lines(), std::vector<std::string>{"last"});
}

TEST(Channel, ALineWithoutItsEndIsNotGivenOut) {
  auto reader = ChannelReader::make();
  auto memory = ChannelMemory::map(reader->fd());
  memory->ring()[0] = 'h';
  memory->header().written = 1;
  EXPECT_TRUE(reader->take_lines().empty());
  memory->ring()[1] = '\n';
  memory->header().written = 2;
  EXPECT_EQ(reader->take_lines(), std::vector<std::string>{"h"});
}

TEST(Channel, CountersThatCannotBeAreNoticed) {
  auto reader = ChannelReader::make();
  auto memory = ChannelMemory::map(reader->fd());
  memory->header().written = std::uint64_t{1} << 40;
  EXPECT_TRUE(reader->take_lines().empty());
  EXPECT_TRUE(reader->corrupt());
}

TEST(Channel, ALineThatNeverEndsIsNoticedBeforeItFillsTheMemory) {
  auto reader = ChannelReader::make();
  auto memory = ChannelMemory::map(reader->fd());
  std::memset(memory->ring(), 'x', ChannelMemory::kRingBytes);
  memory->header().written = ChannelReader::kMostLine;
  EXPECT_TRUE(reader->take_lines().empty());
  EXPECT_FALSE(reader->corrupt()) << "its end may still come";
  memory->header().written = ChannelReader::kMostLine + 1;
  EXPECT_TRUE(reader->take_lines().empty());
  EXPECT_TRUE(reader->corrupt());
}

TEST(Channel, ALineThatIsTooLongIsNoneThoughItEnds) {
  auto reader = ChannelReader::make();
  auto memory = ChannelMemory::map(reader->fd());
  std::memset(memory->ring(), 'x', ChannelMemory::kRingBytes);
  memory->ring()[ChannelReader::kMostLine] = '\n';
  memory->header().written = ChannelReader::kMostLine + 1;
  EXPECT_EQ(reader->take_lines().size(), 1u) << "the longest that may be";
  EXPECT_FALSE(reader->corrupt());
  memory->ring()[2 * ChannelReader::kMostLine + 2] = '\n';
  memory->header().written = 2 * ChannelReader::kMostLine + 3;
  EXPECT_TRUE(reader->take_lines().empty());
  EXPECT_TRUE(reader->corrupt());
}

TEST(Channel, ARingOfEmptyLinesComesInPieces) {
  auto reader = ChannelReader::make();
  auto memory = ChannelMemory::map(reader->fd());
  std::memset(memory->ring(), '\n', ChannelReader::kMostLines + 1);
  memory->header().written = ChannelReader::kMostLines + 1;
  EXPECT_EQ(reader->take_lines().size(), ChannelReader::kMostLines);
  EXPECT_EQ(reader->take_lines().size(), 1u);
  EXPECT_FALSE(reader->corrupt());
}

TEST(Channel, NobodyCanShortenItUnderTheReader) {
  auto reader = ChannelReader::make();
  EXPECT_NE(::ftruncate(reader->fd(), 0), 0) << "a touch of the lost part would be SIGBUS";
  EXPECT_NE(::ftruncate(reader->fd(), 2 * ChannelMemory::kBytes), 0) << "memory of the host";
  EXPECT_TRUE(reader->take_lines().empty());
}

TEST(Channel, WhatTheReaderTookIsNotForTheWriterToSay) {
  auto reader = ChannelReader::make();
  auto memory = ChannelMemory::map(reader->fd());
  memory->ring()[0] = '\n';
  memory->header().written = 1;
  EXPECT_EQ(reader->take_lines().size(), 1u);
  memory->header().consumed = 0;
  EXPECT_TRUE(reader->take_lines().empty());
  EXPECT_TRUE(reader->corrupt());
}

TEST(Channel, OtherFilesAreRefused) {
  const UniqueFd file(::memfd_create("other", MFD_CLOEXEC));
  ASSERT_EQ(::ftruncate(file.get(), ChannelMemory::kBytes), 0);
  EXPECT_FALSE(ChannelWriter::open("/proc/self/fd/" + std::to_string(file.get())));
  EXPECT_FALSE(ChannelWriter::open("/nowhere"));
}

}  // namespace
}  // namespace hangrate
