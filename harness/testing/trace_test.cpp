// SPDX-License-Identifier: GPL-2.0-or-later
//
// `hangrate trace` as a user runs it, on a journal made by hand: what is shown and exported, and
// what each mistake is answered with.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/model/json.h"
#include "harness/testing/command.h"
#include "harness/testing/made_hangs.h"
#include "harness/testing/schema.h"

namespace hangrate::testing {
namespace {

using ::testing::HasSubstr;

const std::string kHangrate = HANGRATE_BUILD_DIR "/bin/hangrate";

CellSpec cell_named(const std::string& repro, const std::string& variant) {
  CellSpec cell;
  cell.repro = repro;
  cell.variant = variant;
  cell.trials = 100;
  cell.manifest.name = repro;
  cell.manifest.variants.resize(1);
  cell.manifest.variants[0].name = variant;
  return cell;
}

TrialRecord trial_of(std::size_t cell, std::uint64_t number, const Observation& seen,
                     Outcome outcome) {
  TrialRecord record{.cell = cell, .observation = seen, .verdict = hang_verdict()};
  record.observation.trial = number;
  record.observation.repro = cell == 0 ? "pipe_resize_stall" : "pipe_full_child";
  record.verdict.outcome = outcome;
  record.verdict.rule = Rule::Proven;
  return record;
}

/// Two cells; trials 3 (slow), 17 and 40 of the first and 17 of the second are recorded, 50 is not.
class TraceCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    RunHeader header;
    header.started = "2026-01-01T00:00:00Z";
    header.environment.release = "6.1.192";
    header.cells = {cell_named("pipe_resize_stall", "blocked-writer"),
                    cell_named("pipe_full_child", "deadlock")};
    const Observation stall = seen_with(stalled_writer().trace(), {kWriter});
    Observation unrecorded = stall;
    unrecorded.trace.reset();
    const std::vector<TrialRecord> trials = {
        trial_of(0, 3, stall, Outcome::Slow), trial_of(0, 17, stall, Outcome::Hang),
        trial_of(0, 40, stall, Outcome::Hang), trial_of(0, 50, unrecorded, Outcome::Hang),
        trial_of(1, 17, seen_with(full_child().trace(), {kParent, kChild}), Outcome::Hang)};
    std::string text = dump_line(to_json_value(header)) + "\n";
    for (const TrialRecord& trial : trials) {
      lines_.push_back(dump_line(to_json_value(Record(trial))));
      text += lines_.back() + "\n";
    }
    ASSERT_TRUE(write_file_atomically(journal_, text));
  }

  Ran trace(std::vector<std::string> words) const {
    words.insert(words.begin(), {kHangrate, "trace"});
    return run_command(words);
  }

  /// The words of the one line of a usage error.
  std::string refused(const std::vector<std::string>& words) const {
    const Ran ran = trace(words);
    EXPECT_EQ(ran.code, 2) << ran.err;
    EXPECT_EQ(ran.out, "");
    EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
    return ran.err;
  }

  TempFolder folder_;
  std::string journal_ = folder_ / "journal.jsonl";
  std::vector<std::string> lines_;
};

TEST_F(TraceCommand, TheJournalItReadsIsValidByTheSchema) {
  for (const std::string& line : lines_) {
    EXPECT_EQ(validate("journal.schema.json", PlainJson::parse(line)), "") << line;
  }
}

TEST_F(TraceCommand, ShowExplainsTheFirstHangOfAFolder) {
  const Ran ran = trace({"show", folder_.path()});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.err, "");
  EXPECT_THAT(ran.out, HasSubstr("pipe_resize_stall/blocked-writer trial 17 on 6.1.192: hang"));
  EXPECT_THAT(ran.out, HasSubstr("cause: pipe_resize_stall"));
  EXPECT_THAT(ran.out, HasSubstr("who waits for whom"));
}

TEST_F(TraceCommand, ShowTakesTheTrialAndTheCellItIsTold) {
  const Ran ran = trace({"show", journal_ + ":17", "--cell", "pipe_full_child/deadlock"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("cause: pipe_full_child"));
  EXPECT_THAT(trace({"show", journal_ + ":40"}).out, HasSubstr("trial 40"));
}

TEST_F(TraceCommand, ShowExplainsNoTrialThatIsNoHang) {
  const Ran ran = trace({"show", journal_ + ":3"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("no explanation: only a proven hang is explained"));
  EXPECT_EQ(ran.out.find("cause"), std::string::npos);
}

TEST_F(TraceCommand, ExportWritesOneFormatAndNothingElse) {
  const Ran chrome = trace({"export", journal_ + ":40", "--format", "chrome"});
  EXPECT_EQ(chrome.code, 0) << chrome.err;
  const auto json = parse_json(chrome.out);
  ASSERT_TRUE(json);
  EXPECT_EQ((*json)["otherData"]["title"], "pipe_resize_stall/blocked-writer trial 40");
  const Ran lines = trace({"export", journal_ + ":40", "--format", "jsonl"});
  EXPECT_EQ(std::count(lines.out.begin(), lines.out.end(), '\n'), 9);
  const std::string path = folder_ / "hang.json";
  const Ran file = trace({"export", journal_ + ":40", "--format", "chrome", "-o", path});
  EXPECT_EQ(file.code, 0) << file.err;
  EXPECT_EQ(file.out, "");
  EXPECT_EQ(read_file(path).value_or(""), chrome.out);
}

TEST_F(TraceCommand, MistakesAreToldInOneLineWithWhatToDo) {
  EXPECT_THAT(refused({"show", journal_ + ":50"}),
              HasSubstr("has no trace: traces are kept where"));
  EXPECT_THAT(
      refused({"show", journal_ + ":6"}),
      HasSubstr("no record of trial 6: trials that simply end have none; with a trace there "
                "are 3, 17, 40, 17"));
  EXPECT_THAT(refused({"show", journal_ + ":17"}),
              HasSubstr("--cell pipe_resize_stall/blocked-writer or --cell pipe_full_child"));
  EXPECT_THAT(refused({"show", journal_, "--cell", "x/y"}), HasSubstr("no such cell"));
  EXPECT_THAT(refused({"show", folder_ / "absent"}), HasSubstr("absent"));
  EXPECT_THAT(refused({"export", journal_, "--format", "svg"}), HasSubstr("--format"));
  EXPECT_THAT(refused({"export", journal_, "--format", "chrome", "-o", "/nowhere/x.json"}),
              HasSubstr("/nowhere"));
  EXPECT_THAT(refused({"show"}), HasSubstr("FILE[:TRIAL]"));
}

TEST_F(TraceCommand, AJournalWithoutAnyTraceSaysHowToGetOne) {
  std::string text = read_file(journal_).value_or("");
  text = text.substr(0, text.find('\n') + 1) + lines_[3] + "\n";
  ASSERT_TRUE(write_file_atomically(journal_, text));
  EXPECT_THAT(refused({"show", journal_}), HasSubstr("has no trace of any trial: traces "
                                                     "are kept where"));
}

TEST_F(TraceCommand, AHangWithoutATraceIsToldWhy) {
  const std::string text = read_file(journal_).value_or("");
  const auto refused_in = [&](const TraceSetup& setup, bool traced) {
    RunHeader header = *header_from_json(*parse_json(text.substr(0, text.find('\n'))));
    header.trace = setup;
    TrialRecord trial = trial_of(0, 50, seen_with({}, {kWriter}), Outcome::Hang);
    trial.observation.trace.reset();
    trial.observation.traced = traced;
    const std::string lines =
        dump_line(to_json_value(header)) + "\n" + dump_line(to_json_value(Record(trial))) + "\n";
    EXPECT_TRUE(write_file_atomically(journal_, lines));
    return refused({"show", journal_ + ":50"});
  };
  EXPECT_THAT(refused_in({}, false), HasSubstr("unless the run has --trace off, as this one had"));
  EXPECT_THAT(refused_in({.mode = TraceMode::OnHit, .refused = "no BTF"}, false),
              HasSubstr("the run was to keep traces, but: no BTF"));
  EXPECT_THAT(refused_in({.mode = TraceMode::OnHit}, false),
              HasSubstr("the lease of this trial was not watched"));
  EXPECT_THAT(refused_in({.mode = TraceMode::Compare}, false),
              HasSubstr("was not watched: --trace compare watches every other one"));
  EXPECT_THAT(refused_in({.mode = TraceMode::OnHit}, true), HasSubstr("it was watched, but"));
}

TEST_F(TraceCommand, AJournalThatWasCutOffIsToldSo) {
  const std::string text = read_file(journal_).value_or("");
  const std::string header = text.substr(0, text.find('\n') + 1);
  const std::string half = lines_[1].substr(0, lines_[1].size() / 2);
  ASSERT_TRUE(write_file_atomically(journal_, header + half));
  EXPECT_THAT(refused({"show", journal_}), HasSubstr("was cut off by a kill and is left out"));
  ASSERT_TRUE(write_file_atomically(journal_, header + lines_[0] + "\n" + half));
  const Ran ran = trace({"show", journal_});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.out, HasSubstr("trial 3"));
  EXPECT_THAT(ran.err, HasSubstr("cut off by a kill"));
}

TEST_F(TraceCommand, AVictimTheTraceHasNothingOfIsNamed) {
  const std::string text = read_file(journal_).value_or("");
  const TrialRecord trial =
      trial_of(0, 60, seen_with(stalled_writer().trace(), {kReader}), Outcome::Hang);
  ASSERT_TRUE(
      write_file_atomically(journal_, text + dump_line(to_json_value(Record(trial))) + "\n"));
  EXPECT_THAT(trace({"show", journal_ + ":60"}).out,
              HasSubstr("no explanation: the trace has no event of reader (103)"));
}

TEST_F(TraceCommand, AMalformedTraceIsToldWithItsLine) {
  std::string text = read_file(journal_).value_or("");
  text.replace(text.find("\"kind\":\"wake\""), 13, "\"kind\":\"wave\"");
  ASSERT_TRUE(write_file_atomically(journal_, text));
  EXPECT_THAT(refused({"show", journal_}),
              HasSubstr("kind 'wave' is unknown - " + journal_ + ":2"));
}

TEST_F(TraceCommand, TheReportShowsTheExplanationWithTheProof) {
  const Ran ran = run_command({kHangrate, "report", folder_.path()});
  EXPECT_THAT(ran.out, HasSubstr("    cause: pipe_resize_stall"));
  EXPECT_THAT(ran.out, HasSubstr("    cause: pipe_full_child"));
}

}  // namespace
}  // namespace hangrate::testing
