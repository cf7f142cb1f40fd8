// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a report tells of the flight recorder itself: what watching changed, and what it missed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/report/cell_json.h"
#include "harness/report/run.h"
#include "harness/testing/schema.h"

namespace hangrate {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// 400 trials of either kind, two of them hits of a watched worker.
struct Compared {
  explicit Compared(TraceMode mode, const TraceCost& cost) {
    header.trace.mode = mode;
    header.cells.resize(1);
    CellSpec& spec = header.cells[0];
    spec.repro = "some_stall";
    spec.variant = "plain";
    spec.trials = 800;
    spec.manifest.variants.resize(1);
    spec.manifest.variants[0].name = "plain";
    cells.emplace_back(spec);
    cells[0].apply(BatchRecord{.first = 1, .count = 199, .traced = true});
    cells[0].apply(BatchRecord{.first = 201, .count = 199, .traced = true});
    cells[0].apply(BatchRecord{.first = 400, .count = 400, .traced = false});
    for (const std::uint64_t trial : {std::uint64_t{0}, std::uint64_t{200}}) {
      TrialRecord hit;
      hit.observation.trial = trial;
      hit.observation.traced = true;
      hit.verdict.outcome = Outcome::Hang;
      hit.verdict.signature = SignatureMatch::Match;
      cells[0].apply(hit);
    }
    cells[0].apply(CellEndRecord{.reason = EndReason::Trials, .elapsed = kSecond, .trace = cost});
  }
  RunResult run() const { return native_run(header, cells); }
  std::string text() const { return text_report(run(), {}); }
  Json json() const {
    const std::string report = json_report(run());
    EXPECT_EQ(testing::validate("summary.schema.json", testing::PlainJson::parse(report)), "");
    return cell_json(run().rows.front().summary.cells[0]);
  }

  RunHeader header;
  std::vector<CellResult> cells;
};

TraceCost cost_of(Nanos traced, Nanos untraced) {
  return {.traced = {390, traced}, .untraced = {400, untraced}, .events = 4000};
}

TEST(ReportOfTheRecorder, SaysWhatWatchingChangedAndWhatThatRestsOn) {
  const Compared run(TraceMode::Compare, cost_of(429 * kMilli, 400 * kMilli));
  EXPECT_THAT(run.text(), HasSubstr("    watched 2/400 hits, not watched 0/400: rate ratio inf"));
  EXPECT_THAT(run.text(), HasSubstr("\n    speed ratio 0.909, from 98 % of the watched trials and "
                                    "100 % of the others; 10000 ns an event\n"));
  const Json effect = run.json()["observer_effect"];
  EXPECT_NEAR(effect["traced_timed"].get<double>(), 0.975, 1e-9);
  EXPECT_EQ(effect["no_speed_ratio"], nullptr);
  EXPECT_EQ(effect["widened_for_bursts"], false);
}

TEST(ReportOfTheRecorder, SaysNothingOfItWhereTheTrialsWereNotChosenBlindly) {
  const Compared run(TraceMode::OnHit, cost_of(429 * kMilli, 400 * kMilli));
  EXPECT_THAT(run.text(), Not(HasSubstr("watched")));
  EXPECT_EQ(run.json()["observer_effect"], nullptr);
}

TEST(ReportOfTheRecorder, HasNoNegativeCostAndNoRatioOfAFewTrials) {
  const Compared faster(TraceMode::Compare, cost_of(380 * kMilli, 400 * kMilli));
  EXPECT_THAT(faster.text(), HasSubstr("the cost of an event is below what this run can tell"));
  EXPECT_EQ(faster.json()["observer_effect"]["ns_per_event"], nullptr);
  const Compared few(TraceMode::Compare, {.traced = {50, kMilli}, .untraced = {400, kMilli}});
  EXPECT_THAT(few.text(), HasSubstr("    no speed ratio: leases in which every trial ended by "
                                    "itself hold 50 of the watched trials (12 %)"));
  EXPECT_THAT(few.json()["observer_effect"]["no_speed_ratio"].get<std::string>(),
              HasSubstr("hold 50 of the watched"));
}

TEST(ReportOfTheRecorder, TellsWhatItDroppedAndMissedButNotThatItsRingsWrap) {
  TraceCost cost{.events = 4000, .overwritten = 1000};
  EXPECT_THAT(Compared(TraceMode::OnHit, cost).text(), Not(HasSubstr("limit:")));
  cost.missed = 7;
  EXPECT_THAT(Compared(TraceMode::OnHit, cost).text(),
              HasSubstr("    limit: traces lack some events: 7 runs of a program refused by the "
                        "kernel because it ran already\n"));
  cost.dropped = 1;
  const Compared run(TraceMode::OnHit, cost);
  EXPECT_THAT(run.text(), HasSubstr("1 event was dropped by programs nested too deep; 7 runs"));
  EXPECT_EQ(run.json()["recorder"], Json::parse(R"({"events":4000,"overwritten":1000,"dropped":1,
                                                    "missed":7})"));
}

/// What a run of 20,000 clean trials is called.
CellSummary judge_clean(const std::string& release,
                        const std::map<std::string, std::string>& params) {
  RunHeader header;
  header.environment.release = release;
  header.cells.resize(1);
  CellSpec& spec = header.cells[0];
  spec.repro = "some_stall";
  spec.variant = "plain";
  spec.params = params;
  spec.trials = 20000;
  spec.manifest.affected = {{"5.16", "6.1.76", ""}};
  spec.manifest.variants.resize(1);
  spec.manifest.variants[0].name = "plain";
  std::vector<CellResult> cells;
  cells.emplace_back(spec);
  cells[0].apply(BatchRecord{.first = 0, .count = 20000});
  cells[0].apply(CellEndRecord{.reason = EndReason::Trials, .elapsed = kSecond});
  return summarize(header, cells).cells[0];
}

TEST(Summary, HelpThatNeverHitIsNoNewsOfTheKernel) {
  const std::map<std::string, std::string> natural = {{kWidenParam, kWidenNone}};
  const std::map<std::string, std::string> helped = {{kWidenParam, kWidenAuto}};
  EXPECT_EQ(judge_clean("6.1.50", {}).judgement.verdict, CellVerdict::UnexpectedlyClean);
  EXPECT_EQ(judge_clean("6.1.50", natural).judgement.verdict, CellVerdict::UnexpectedlyClean);
  EXPECT_EQ(judge_clean("6.1.50", helped).judgement.verdict, CellVerdict::Weak);
  EXPECT_EQ(judge_clean("6.1.80", natural).judgement.verdict, CellVerdict::FixedClean);
  EXPECT_THAT(judge_clean("6.1.80", natural).explanation, Not(HasSubstr("helped")));
  EXPECT_EQ(judge_clean("6.1.80", helped).judgement.verdict, CellVerdict::Weak);
  EXPECT_THAT(judge_clean("6.1.80", helped).explanation, HasSubstr("helped trials"));
}

TEST(ReportOfTheRecorder, IsSilentWithoutOne) {
  CellSpec spec;
  spec.manifest.variants.resize(1);
  const CellResult result(spec);
  CellSummary cell;
  cell.spec = &spec;
  cell.result = &result;
  EXPECT_EQ(cell_json(cell)["recorder"], nullptr);
  EXPECT_EQ(cell_json(cell)["observer_effect"], nullptr);
}

}  // namespace
}  // namespace hangrate
