// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/store/journal.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include "harness/base/file.h"
#include "harness/model/json.h"
#include "harness/store/results.h"

namespace hangrate {
namespace {

namespace fs = std::filesystem;

class JournalTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/hangrate-journal-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    base_ = name;
    folder_ = base_ + "/run";
  }
  void TearDown() override { fs::remove_all(base_); }

  RunHeader header() {
    RunHeader h;
    h.version = "test";
    h.seed = 7;
    CellSpec spec;
    spec.repro = "fake";
    spec.variant = "v";
    spec.trials = 100;
    spec.manifest.name = "fake";
    spec.manifest.variants = {{.name = "v", .summary = "s"}};
    h.cells = {spec};
    return h;
  }

  struct Read {
    RunHeader header;
    std::vector<Record> records;
    LinesRead stats;
  };
  Result<Read> read() {
    Read all;
    auto stats = read_journal(
        folder_,
        [&](const RunHeader& h) -> Result<void> {
          all.header = h;
          return {};
        },
        [&](const Record& r) { all.records.push_back(r); });
    if (!stats) return fail(stats.error());
    all.stats = *stats;
    return all;
  }

  std::string base_;
  std::string folder_;
};

TEST_F(JournalTest, ReadsBackWhatWasWritten) {
  auto journal = create_journal(folder_, header());
  ASSERT_TRUE(journal) << journal.error().what();
  ASSERT_TRUE(journal->append(journal_line(BatchRecord{0, 1, 3, 10, 20})));
  TrialRecord trial{.cell = 0, .observation = {}, .verdict = {}};
  trial.observation.trial = 30;
  trial.observation.rounds.push_back({});
  TaskSample task;
  task.comm = std::string("a\"\n\xff\x01)", 6);
  task.state = 'D';
  task.switches = 12;
  trial.observation.rounds[0].before.tasks.push_back(task);
  trial.verdict.outcome = Outcome::Hang;
  trial.verdict.signature = SignatureMatch::Match;
  ASSERT_TRUE(journal->append(journal_line(trial)));
  const auto all = read();
  ASSERT_TRUE(all) << all.error().what();
  EXPECT_EQ(all->header.seed, 7u);
  EXPECT_EQ(all->header.cells[0].variant_spec().name, "v");
  ASSERT_EQ(all->records.size(), 2u);
  EXPECT_EQ(std::get<BatchRecord>(all->records[0]).count, 20u);
  const TrialRecord& back = std::get<TrialRecord>(all->records[1]);
  EXPECT_EQ(back.observation.rounds[0].before.tasks[0].state, 'D');
  EXPECT_EQ(back.observation.rounds[0].before.tasks[0].switches, 12u);
  EXPECT_EQ(back.verdict.signature, SignatureMatch::Match);
}

TEST_F(JournalTest, RefusesAFolderThatHoldsARun) {
  ASSERT_TRUE(create_journal(folder_, header()));
  const auto again = create_journal(folder_, header());
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind(), ErrorKind::Usage);
}

TEST_F(JournalTest, ALastLineCutOffAnywhereLosesOnlyItself) {
  {
    auto journal = create_journal(folder_, header());
    ASSERT_TRUE(journal->append(journal_line(BatchRecord{0, 0, 1, 0, 5})));
    ASSERT_TRUE(journal->append(journal_line(BatchRecord{0, 0, 1, 5, 5})));
  }
  const std::string path = journal_in(folder_);
  const std::string whole = *read_file(path);
  const std::size_t last_line = whole.rfind('\n', whole.size() - 2) + 1;
  for (std::size_t cut = last_line + 1; cut < whole.size(); ++cut) {
    std::ofstream(path, std::ios::trunc | std::ios::binary) << whole.substr(0, cut);
    const auto all = read();
    ASSERT_TRUE(all) << cut << ": " << all.error().what();
    EXPECT_TRUE(all->stats.cut_off);
    EXPECT_EQ(all->records.size(), 1u);
    auto journal = LineFile::reopen(journal_in(folder_));
    ASSERT_TRUE(journal) << journal.error().what();
    ASSERT_TRUE(journal->append(journal_line(BatchRecord{0, 0, 2, 5, 5})));
    const auto mended = read();
    ASSERT_TRUE(mended) << cut << ": " << mended.error().what();
    EXPECT_FALSE(mended->stats.cut_off);
    EXPECT_EQ(mended->records.size(), 2u);
  }
}

TEST_F(JournalTest, RefusesAFutureSchemaAndLeavesItAlone) {
  RunHeader future = header();
  future.schema = kJournalSchema + 1;
  ASSERT_TRUE(create_journal(folder_, future));
  const std::string before = *read_file(journal_in(folder_));
  const auto all = read();
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().kind(), ErrorKind::Usage);
  EXPECT_NE(all.error().what().find("newer hangrate"), std::string::npos);
  EXPECT_EQ(*read_file(journal_in(folder_)), before);
}

TEST_F(JournalTest, NamesTheLineThatIsMalformed) {
  ASSERT_TRUE(create_journal(folder_, header()));
  std::ofstream(journal_in(folder_), std::ios::app) << "{\"type\":\"batch\",\"cell\":\"x\"}\n";
  const auto all = read();
  ASSERT_FALSE(all);
  EXPECT_NE(all.error().what().find("journal.jsonl:2"), std::string::npos) << all.error().what();
}

TEST_F(JournalTest, LinesThatAreNoRecordsAreUsageErrorsNotCrashes) {
  ASSERT_TRUE(create_journal(folder_, header()));
  const std::string path = journal_in(folder_);
  const std::string head = *read_file(path);
  for (const char* line :
       {"[]", "3", "null", "{}", R"({"type":7})", R"({"type":"batch","cell":-1})",
        R"({"type":"batch","cell":0,"first":18446744073709551615,"count":1})",
        R"({"type":"batch","cell":0,"first":1,"count":18446744073709551615})",
        R"({"type":"trial","cell":0,"observation":[],"verdict":{}})"}) {
    std::ofstream(path, std::ios::trunc) << head << line << "\n";
    const auto all = read();
    ASSERT_FALSE(all) << line;
    EXPECT_EQ(all.error().kind(), ErrorKind::Usage) << line;
  }
}

TEST_F(JournalTest, ANumberOfWorkersThatCannotBeIsAUsageError) {
  RunHeader odd = header();
  odd.cells[0].workers = -1;
  ASSERT_TRUE(create_journal(folder_, odd));
  const auto all = read();
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().kind(), ErrorKind::Usage);
}

TEST_F(JournalTest, HasOneWriterAtATime) {
  {
    const auto first = create_journal(folder_, header());
    ASSERT_TRUE(first);
    const auto second = LineFile::reopen(journal_in(folder_));
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind(), ErrorKind::Usage);
    EXPECT_NE(second.error().what().find("another hangrate"), std::string::npos);
  }
  EXPECT_TRUE(LineFile::reopen(journal_in(folder_)));
}

TEST_F(JournalTest, RefusesARecordOfACellThatIsNotThere) {
  auto journal = create_journal(folder_, header());
  ASSERT_TRUE(journal->append(journal_line(BatchRecord{9, 0, 1, 0, 5})));
  EXPECT_FALSE(read());
}

TEST_F(JournalTest, SkipsRecordTypesItDoesNotKnow) {
  ASSERT_TRUE(create_journal(folder_, header()));
  std::ofstream(journal_in(folder_), std::ios::app) << "{\"type\":\"hologram\",\"cell\":0}\n";
  const auto all = read();
  ASSERT_TRUE(all) << all.error().what();
  EXPECT_EQ(all->stats.unknown, 1u);
}

TEST_F(JournalTest, EmptyAndForeignFilesAreUsageErrors) {
  fs::create_directory(folder_);
  for (const char* text : {"", "hello\n", "[1]\n", "7\n", "\"run\"\n", "null\n", "{\"type\":3}\n",
                           "{\"type\":\"batch\"}\n", "{\"type\":\"run\",\"schema\":1}\n",
                           "{\"type\":\"run\",\"schema\":\"one\",\"cells\":[]}\n",
                           "{\"type\":\"run\",\"schema\":1,\"confidence\":7,\"cells\":[]}\n"}) {
    std::ofstream(journal_in(folder_), std::ios::trunc) << text;
    const auto all = read();
    ASSERT_FALSE(all) << text;
    EXPECT_EQ(all.error().kind(), ErrorKind::Usage) << text;
  }
}

TEST_F(JournalTest, AFullDiskLeavesOnlyWholeLines) {
  if (::geteuid() != 0) GTEST_SKIP() << "mounting a small tmpfs needs root";
  ASSERT_EQ(::mkdir(folder_.c_str(), 0755), 0);
  if (::mount("tmpfs", folder_.c_str(), "tmpfs", 0, "size=16k") != 0) {
    GTEST_SKIP() << "no tmpfs here: " << std::strerror(errno);
  }
  {
    auto journal = create_journal(folder_, header());
    ASSERT_TRUE(journal) << journal.error().what();
    Result<void> written;
    std::uint64_t good = 0;
    while (written && good < 100000) {
      written = journal->append(journal_line(BatchRecord{0, 0, 1, good, 1}));
      good += written ? 1u : 0u;
    }
    EXPECT_FALSE(written);
    EXPECT_EQ(written.error().kind(), ErrorKind::Infrastructure);
    const auto all = read();
    EXPECT_TRUE(all) << all.error().what();
    if (all) {
      EXPECT_FALSE(all->stats.cut_off);
      EXPECT_EQ(all->records.size(), good);
    }
  }
  ::umount2(folder_.c_str(), MNT_DETACH);
}

TEST_F(JournalTest, ReadsBackWhatASearchFound) {
  RunHeader h = header();
  h.cells[0].search = 300;
  ArmFact arm;
  arm.plan = "interrupt";
  arm.delay_ns = 120'000;
  arm.tries = 50;
  arm.hits = 41;
  arm.near = 45;
  arm.off = "";
  h.cells[0].warm = {"of an earlier run", {arm}};
  h.cells[0].replay = ReplayFact{"a/journal.jsonl", "6.1.192", 17, "herd", 5};
  {
    auto journal = create_journal(folder_, h);
    ASSERT_TRUE(journal) << journal.error().what();
    TrialRecord trial{.cell = 0, .observation = {}, .verdict = {}};
    trial.observation.shot = {"interrupt", 120'000};
    ASSERT_TRUE(journal->append(journal_line(trial)));
    ASSERT_TRUE(journal->append(journal_line(SearchRecord{0, {arm}})));
    CellEndRecord end;
    end.search = {arm, arm};
    ASSERT_TRUE(journal->append(journal_line(end)));
  }
  const auto all = read();
  ASSERT_TRUE(all) << all.error().what();
  EXPECT_EQ(all->header.cells[0].search, 300u);
  EXPECT_EQ(all->header.cells[0].warm, h.cells[0].warm);
  EXPECT_EQ(all->header.cells[0].replay, h.cells[0].replay);
  const ShotFact shot = std::get<TrialRecord>(all->records[0]).observation.shot;
  EXPECT_EQ(shot, (ShotFact{"interrupt", 120'000}));
  EXPECT_EQ(std::get<SearchRecord>(all->records[1]).arms, (std::vector{arm}));
  EXPECT_EQ(std::get<CellEndRecord>(all->records[2]).search.size(), 2u);
}

TEST_F(JournalTest, AJournalFromBeforeSearchesHasNone) {
  { ASSERT_TRUE(create_journal(folder_, header())); }
  const std::string path = journal_in(folder_);
  Json old = *parse_json(*read_file(path));
  for (const char* field : {"search", "warm", "replay"}) {
    ASSERT_EQ(old["cells"][0].erase(field), 1u) << field;
  }
  std::ofstream(path, std::ios::trunc)
      << dump_line(old) << "\n"
      << R"({"type":"batch","cell":0,"lane":0,"worker":1,"first":0,"count":5})"
      << "\n"
      << R"({"type":"cell_end","cell":0,"reason":"trials","elapsed":5})"
      << "\n";
  const auto run = load_results(folder_);
  ASSERT_TRUE(run) << run.error().what();
  const Row& row = run->run.rows.front();
  EXPECT_EQ(row.header.cells[0].search, 0u);
  EXPECT_FALSE(row.header.cells[0].replay);
  EXPECT_EQ(row.cells[0].tally().conclusive(), 5u);
  EXPECT_EQ(row.cells[0].search().attempted(), 0u);
}

TEST_F(JournalTest, ASearchBeyondAllNumbersIsRefused) {
  RunHeader h = header();
  h.cells[0].search = std::uint64_t{1} << 63;
  { ASSERT_TRUE(create_journal(folder_, h)); }
  const auto all = read();
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().kind(), ErrorKind::Usage);
}

}  // namespace
}  // namespace hangrate
