// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/store/results.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "harness/base/file.h"
#include "harness/store/journal.h"
#include "harness/testing/command.h"

namespace hangrate {
namespace {

constexpr const char* kRecorded =
    HANGRATE_SOURCE_DIR "/repros/pipe_full_child/captures/hit-deadlock-6.18.44.jsonl";

/// A folder with one boot that recorded a hit as an inconclusive trial, as older rules might have.
class Store : public ::testing::Test {
 protected:
  void SetUp() override {
    MatrixHeader header;
    header.plan.kernels = {{.id = "k", .spec = "native", .cmdline = "", .params = {}}};
    header.plan.cells = {{"pipe_full_child", "deadlock", 1}};
    auto store = MatrixStore::create(folder_ / "run", header);
    ASSERT_TRUE(store) << store.error().what();
    const auto boot = store->boot_folder("k", 1);
    ASSERT_TRUE(boot);
    ASSERT_TRUE(store->add(BootRecord{.id = "k", .number = 1, .end = {}}));
    ASSERT_TRUE(store->add(BootRecord{.id = "k", .number = 1, .end = BootEnd::Finished}));
    journal_ = *boot + "/" + cell_file("pipe_full_child", "deadlock");
    std::string text = read_file(kRecorded).value_or("");
    const std::string hang = R"("verdict":{"outcome":"hang")";
    const std::size_t at = text.find(hang);
    ASSERT_NE(at, text.npos);
    text.replace(at, hang.size(), R"("verdict":{"outcome":"inconclusive")");
    ASSERT_TRUE(write_file_atomically(journal_, text));
  }
  /// The same journal in the folder of a run.
  std::string run_folder() {
    std::filesystem::create_directory(folder_ / "alone");
    std::filesystem::copy_file(journal_, journal_in(folder_ / "alone"));
    return folder_ / "alone";
  }
  testing::TempFolder folder_;
  std::string journal_;
};

TEST_F(Store, JudgesEveryObservationAgainIfAsked) {
  const auto then = load_results(folder_ / "run");
  ASSERT_TRUE(then) << then.error().what();
  EXPECT_EQ(then->run.rows.front().cells[0].tally().hits(), 0u);
  EXPECT_EQ(then->reclassified, 0u);
  const auto now = load_results(folder_ / "run", true);
  ASSERT_TRUE(now) << now.error().what();
  EXPECT_EQ(now->reclassified, 1u);
  const Row& row = now->run.rows.front();
  EXPECT_EQ(row.cells[0].tally().hits(), 1u);
  EXPECT_EQ(row.boots[0].clusters[0], (Cluster{1, 1})) << "the rate of the boot too";
}

TEST_F(Store, ASpoiltJournalIsAFlawOfItsRow) {
  std::ofstream(journal_, std::ios::app) << "{\"type\":\"batch\",\"cell\":\"x\"}\n";
  const auto loaded = load_results(folder_ / "run");
  ASSERT_TRUE(loaded) << loaded.error().what();
  const Row& row = loaded->run.rows.front();
  ASSERT_EQ(row.flaws.size(), 1u);
  EXPECT_EQ(row.flaws[0].find("left out from there on: "), 0u) << row.flaws[0];
  EXPECT_EQ(row.cells[0].tally().attempted(), 1u);
}

TEST_F(Store, ARowThatWasNotGoneOnWithIsFlawedUntilItIs) {
  auto store = MatrixStore::reopen(folder_ / "run");
  ASSERT_TRUE(store);
  const RowNote note{.id = "k", .text = "not gone on with: another kernel", .flaw = true};
  ASSERT_TRUE(store->add(note));
  ASSERT_TRUE(store->add(note));
  ASSERT_TRUE(store->add(RowNote{.id = "k", .text = "modules that did not load"}));
  const auto without = load_results(folder_ / "run");
  ASSERT_TRUE(without);
  EXPECT_EQ(without->run.rows.front().flaws, std::vector<std::string>{note.text});
  ASSERT_TRUE(store->add(RowRecord{.id = "k", .label = "the same again"}));
  const auto with = load_results(folder_ / "run");
  ASSERT_TRUE(with);
  EXPECT_TRUE(with->run.rows.front().flaws.empty());
  EXPECT_EQ(with->run.rows.front().notes.size(), 1u);
}

TEST(MatrixStore, RefusesAConfidenceThatIsNone) {
  for (const double confidence : {0.0, 1.0, -1.0, 0.5}) {
    const testing::TempFolder folder;
    MatrixHeader header;
    header.confidence = confidence;
    ASSERT_TRUE(MatrixStore::create(folder / "run", header));
    EXPECT_EQ(load_results(folder / "run").has_value(), confidence == 0.5) << confidence;
  }
}

TEST(MatrixStore, KeepsWhatWasStatedOfAKernel) {
  const testing::TempFolder folder;
  MatrixHeader header;
  header.file = "my kernels.json";
  header.options = {"--expect", "alpha=fixed:it's in 5.14.0-500"};
  header.plan.kernels = {{.id = "k",
                          .spec = "native",
                          .cmdline = "",
                          .params = {},
                          .expect = {{"alpha", {StatedWord::Fixed, "it's in 5.14.0-500"}}}},
                         {.id = "l", .spec = "native", .cmdline = "", .params = {}}};
  header.plan.cells = {{"alpha", "only", 1}};
  ASSERT_TRUE(MatrixStore::create(folder / "run", header));
  const auto loaded = load_results(folder / "run");
  ASSERT_TRUE(loaded) << loaded.error().what();
  const Row& stated = loaded->run.rows.front();
  EXPECT_EQ(stated.header.stated, header.plan.kernels[0].expect);
  EXPECT_TRUE(loaded->run.rows.back().header.stated.empty());
  EXPECT_EQ(stated.repeat,
            "hangrate matrix 'my kernels.json' --filter k --seed 0 --expect "
            "'alpha=fixed:it'\\''s in 5.14.0-500'");
}

TEST(MatrixStore, KeepsTheWordsForQemuSoThatARunGoesOnWithThem) {
  const testing::TempFolder folder;
  MatrixHeader header;
  header.plan.kernels = {{.id = "k", .spec = "debian:a", .qemu = {"-device", "virtio-rng-pci"}},
                         {.id = "l", .spec = "debian:a"}};
  header.plan.cells = {{"alpha", "only", 1}};
  ASSERT_TRUE(MatrixStore::create(folder / "run", header));
  const auto loaded = load_results(folder / "run");
  ASSERT_TRUE(loaded) << loaded.error().what();
  EXPECT_EQ(loaded->matrix->plan.kernels, header.plan.kernels);
  EXPECT_EQ(loaded->run.rows.front().qemu, header.plan.kernels[0].qemu);
  EXPECT_TRUE(loaded->run.rows.back().qemu.empty());
}

TEST_F(Store, TellsWhatWasCutOffAndWhatItDoesNotKnow) {
  std::ofstream(journal_, std::ios::app) << "{\"type\":\"dream\"}\n{\"type\":\"tri";
  std::ofstream(folder_ / "run/matrix.jsonl", std::ios::app) << "{\"type\":\"dream\"}\n{\"type\"";
  const auto loaded = load_results(folder_ / "run");
  ASSERT_TRUE(loaded) << loaded.error().what();
  EXPECT_EQ(loaded->cut_off, 2u);
  EXPECT_EQ(loaded->unknown_records, 2u);
  EXPECT_EQ(loaded->run.rows.front().cells[0].tally().attempted(), 1u);
}

TEST_F(Store, ARunIsOneNativeRowWithOneBootAndHasNoPlanOfAMatrix) {
  const std::string folder = run_folder();
  for (const std::string& path : {folder, journal_in(folder), journal_}) {
    const auto loaded = load_results(path);
    ASSERT_TRUE(loaded) << loaded.error().what();
    EXPECT_FALSE(loaded->matrix);
    ASSERT_TRUE(only_native(loaded->run)) << path;
    const Row& row = loaded->run.rows.front();
    ASSERT_EQ(row.boots.size(), 1u);
    EXPECT_EQ(row.boots[0].clusters, std::vector{Cluster{}}) << "nothing conclusive";
    EXPECT_EQ(row.cells[0].tally().attempted(), 1u);
    EXPECT_EQ(row.summary.cells.size(), 1u);
    EXPECT_EQ(row.repeat.find("hangrate "), row.repeat.find_last_of("/") + 1) << row.repeat;
  }
  const auto matrix = load_results(folder_ / "run");
  ASSERT_TRUE(matrix) << matrix.error().what();
  ASSERT_TRUE(matrix->matrix);
  EXPECT_EQ(matrix->matrix->plan.kernels[0].id, "k");
  EXPECT_EQ(matrix->run.rows.front().id, "k");
  EXPECT_EQ(matrix->run.rows.front().summary.cells.size(), 1u);
}

TEST_F(Store, ARunIsJudgedAgainOnlyIfAskedToo) {
  const std::string folder = run_folder();
  const auto then = load_results(folder);
  const auto now = load_results(folder, true);
  ASSERT_TRUE(then && now);
  EXPECT_EQ(then->reclassified, 0u);
  EXPECT_EQ(then->run.rows.front().cells[0].tally().hits(), 0u);
  EXPECT_EQ(now->reclassified, 1u);
  EXPECT_EQ(now->run.rows.front().cells[0].tally().hits(), 1u);
}

TEST_F(Store, ARunTellsWhatWasCutOffAndWhatItDoesNotKnow) {
  const std::string folder = run_folder();
  const auto whole = load_results(folder);
  ASSERT_TRUE(whole) << whole.error().what();
  EXPECT_EQ(whole->cut_off, 0u);
  EXPECT_EQ(whole->unknown_records, 0u);
  std::ofstream(journal_in(folder), std::ios::app) << "{\"type\":\"dream\"}\n{\"type\":\"tri";
  const auto cut = load_results(folder);
  ASSERT_TRUE(cut) << cut.error().what();
  EXPECT_EQ(cut->cut_off, 1u);
  EXPECT_EQ(cut->unknown_records, 1u);
  EXPECT_EQ(cut->run.rows.front().cells[0].tally().attempted(), 1u);
}

TEST_F(Store, ASpoiltJournalAloneIsAnError) {
  std::ofstream(journal_, std::ios::app) << "{\"type\":\"batch\",\"cell\":\"x\"}\n";
  const auto loaded = load_results(journal_);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().kind(), ErrorKind::Usage);
}

TEST_F(Store, WhatIsNeitherIsRefused) {
  std::filesystem::create_directory(folder_ / "empty");
  std::ofstream(folder_ / "text") << "hello\n";
  for (const char* name : {"empty", "text", "missing", "run/k", "run/matrix.jsonl"}) {
    const auto loaded = load_results(folder_ / name);
    ASSERT_FALSE(loaded) << name;
    EXPECT_EQ(loaded.error().kind(), ErrorKind::Usage) << name;
  }
}

TEST_F(Store, TheJournalsOfARunAreItselfAndThoseOfAMatrixAllOfItsBoots) {
  const std::string folder = run_folder();
  EXPECT_EQ(journals_at(folder), std::vector{folder});
  EXPECT_EQ(journals_at(journal_in(folder)), std::vector{journal_in(folder)});
  EXPECT_EQ(journals_at(folder_ / "run"), std::vector{journal_});
  EXPECT_EQ(journals_at(folder_ / "missing"), std::vector<std::string>{folder_ / "missing"});
  std::filesystem::create_directory(folder_ / "empty");
  EXPECT_TRUE(journals_at(folder_ / "empty").empty());
}

}  // namespace
}  // namespace hangrate
