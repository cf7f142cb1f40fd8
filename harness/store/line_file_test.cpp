// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/store/line_file.h"

#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/file.h"
#include "harness/testing/command.h"

namespace hangrate {
namespace {

namespace fs = std::filesystem;

/// A file with lines of ours in it, about to be harmed.
class Lines : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directory(folder_ / "run");
    auto made = LineFile::create(path_, "first");
    ASSERT_TRUE(made) << made.error().what();
    file_.emplace(std::move(*made));
    ASSERT_TRUE(file_->append("second"));
    ASSERT_TRUE(file_->commit());
  }
  /// Harm is an error of the machine that says `word`, found by the next commit and by the end.
  void expect_noticed(const Result<void>& result, const std::string& word) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind(), ErrorKind::Infrastructure);
    EXPECT_NE(result.error().what().find(word), std::string::npos) << result.error().what();
    EXPECT_FALSE(file_->append("more")) << "nothing is taken after it";
    EXPECT_FALSE(file_->finish());
  }
  testing::TempFolder folder_;
  const std::string path_ = folder_ / "run/lines";
  std::optional<LineFile> file_;
};

TEST_F(Lines, LeftAloneEndWithASealThatHolds) {
  ASSERT_TRUE(file_->append("third"));
  const auto seal = file_->finish();
  ASSERT_TRUE(seal) << seal.error().what();
  EXPECT_EQ(read_file(path_), "first\nsecond\nthird\n");
  EXPECT_EQ(seal->length, 19);
  EXPECT_TRUE(seal->check_again());
}

TEST_F(Lines, OpenedAgainEndWithTheSameSeal) {
  const auto before = file_->finish();
  ASSERT_TRUE(before);
  std::ofstream(path_, std::ios::app) << "half";
  auto again = LineFile::reopen(path_);
  ASSERT_TRUE(again) << again.error().what();
  EXPECT_TRUE(again->was_cut_off());
  const auto after = again->finish();
  ASSERT_TRUE(after) << after.error().what();
  EXPECT_EQ(after->sum, before->sum);
  EXPECT_EQ(after->length, before->length);
}

TEST_F(Lines, WhoseFileWasDeletedAreNotWellRecorded) {
  fs::remove(path_);
  expect_noticed(file_->commit(), "was deleted");
}

TEST_F(Lines, WhoseFolderWasDeletedAreNotWellRecorded) {
  fs::remove_all(folder_ / "run");
  expect_noticed(file_->commit(), "was deleted");
}

TEST_F(Lines, WhoseFolderWasMovedAreNotWhereTheyWereSaidToBe) {
  fs::rename(folder_ / "run", folder_ / "else");
  expect_noticed(file_->commit(), "moved or deleted");
}

TEST_F(Lines, WhoseFileWasReplacedAreNotInTheNewOne) {
  fs::copy_file(path_, folder_ / "copy");
  fs::rename(path_, folder_ / "old");
  fs::rename(folder_ / "copy", path_);
  expect_noticed(file_->commit(), "replaced");
}

TEST_F(Lines, WhoseFileWasCutAreTold) {
  ASSERT_EQ(::truncate(path_.c_str(), 8), 0);
  ASSERT_TRUE(file_->append("third"));
  expect_noticed(file_->commit(), "was cut");
}

TEST_F(Lines, BesideThoseOfAnotherWriterAreTold) {
  std::ofstream(path_, std::ios::app) << "not ours\n";
  expect_noticed(file_->commit(), "written to by somebody else");
}

TEST_F(Lines, ChangedInPlaceAreFoundAtTheEnd) {
  std::fstream(path_, std::ios::in | std::ios::out) << "FIRST";
  EXPECT_TRUE(file_->commit()) << "which would have to read it all";
  const auto seal = file_->finish();
  ASSERT_FALSE(seal);
  EXPECT_NE(seal.error().what().find("does not hold what was written"), std::string::npos);
}

TEST_F(Lines, AreNotFoundAtTheEndOfAMatrixIfTheyWereHarmedSince) {
  const auto seal = file_->finish();
  ASSERT_TRUE(seal);
  std::ofstream(path_, std::ios::app) << "not ours\n";
  EXPECT_FALSE(seal->check_again());
  fs::remove(path_);
  const auto gone = seal->check_again();
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().kind(), ErrorKind::Infrastructure);
}

TEST_F(Lines, LongerThanAReaderTakesAreNotWritten) {
  const std::string before = *read_file(path_);
  EXPECT_FALSE(file_->append(std::string(kLongestLine + 1, 'x')));
  EXPECT_EQ(read_file(path_), before);
}

/// The lengths of the lines that are read.
Result<LinesRead> read_lengths(const std::string& path, std::vector<std::size_t>& lengths) {
  return read_lines(path, [&](const std::string& line, std::uint64_t number) {
    lengths.push_back(line.size());
    EXPECT_EQ(number, lengths.size());
    return line != "unknown";
  });
}

TEST(ReadLines, ALineWithoutAnEndIsNotReadForEver) {
  const testing::TempFolder folder;
  const std::string path = folder / "sparse";
  std::ofstream(path) << "first\n";
  ASSERT_EQ(::truncate(path.c_str(), off_t{1} << 40), 0);
  std::vector<std::size_t> lengths;
  const auto read = read_lengths(path, lengths);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind(), ErrorKind::Usage);
  EXPECT_NE(read.error().what().find("sparse:2"), std::string::npos);
  EXPECT_EQ(lengths, std::vector<std::size_t>{5});
}

TEST(ReadLines, ALineAsLongAsAllowedIsRead) {
  const testing::TempFolder folder;
  const std::string path = folder / "long";
  std::ofstream(path) << std::string(kLongestLine, 'x') << "\n";
  std::vector<std::size_t> lengths;
  const auto read = read_lengths(path, lengths);
  ASSERT_TRUE(read) << read.error().what();
  EXPECT_EQ(lengths, std::vector<std::size_t>{kLongestLine});
  EXPECT_FALSE(read->cut_off);
}

TEST(ReadLines, TellsALineWithoutItsEndAndCountsWhatItsReaderDoesNotKnow) {
  const testing::TempFolder folder;
  const std::string path = folder / "cut";
  const std::string longer(100'000, 'x');  // than one read
  std::ofstream(path) << "a\n\nunknown\n" << longer << "\n" << longer;
  std::vector<std::size_t> lengths;
  const auto read = read_lengths(path, lengths);
  ASSERT_TRUE(read) << read.error().what();
  EXPECT_EQ(lengths, (std::vector<std::size_t>{1, 0, 7, 100'000}));
  EXPECT_EQ(read->lines, 4u);
  EXPECT_EQ(read->unknown, 1u);
  EXPECT_TRUE(read->cut_off);
}

TEST(ReadLines, AnErrorOfItsReaderEndsIt) {
  const testing::TempFolder folder;
  const std::string path = folder / "two";
  std::ofstream(path) << "one\ntwo\n";
  int seen = 0;
  const auto read = read_lines(path, [&](const std::string&, std::uint64_t) -> Result<bool> {
    ++seen;
    return fail(Error::usage("enough"));
  });
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().what(), "enough");
  EXPECT_EQ(seen, 1);
}

}  // namespace
}  // namespace hangrate
