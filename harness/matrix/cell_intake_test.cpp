// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/matrix/cell_intake.h"

#include <gtest/gtest.h>

namespace hangrate {
namespace {

Json header(int workers = 2) {
  RunHeader run;
  run.cells.push_back({.repro = "alpha", .variant = "first", .trials = 50, .workers = workers});
  run.cells[0].manifest.name = "alpha";
  run.cells[0].manifest.variants.push_back({.name = "first"});
  return to_json_value(run);
}

Json batch(std::uint64_t first, std::uint64_t count) {
  return to_json_value(Record(BatchRecord{.first = first, .count = count}));
}

/// The door to a result, and the result.
class Intake {
 public:
  explicit Intake(CellOrder order) : result_(spec_of(order)), intake_(std::move(order), result_) {}
  Intake(CellOrder order, const Json& said) : Intake(std::move(order)) { EXPECT_TRUE(take(said)); }
  Intake(const Intake&) = delete;
  Intake& operator=(const Intake&) = delete;

  Result<void> take(const Json& line) { return intake_.take(line); }
  std::vector<std::uint64_t> in_flight() const { return intake_.in_flight(); }
  bool ended() const { return intake_.ended(); }
  CellIntake& door() { return intake_; }
  const CellResult& result() const { return result_; }

 private:
  static CellSpec spec_of(const CellOrder& order) {
    CellSpec spec;
    spec.search = order.search;
    return spec;
  }
  CellResult result_;
  CellIntake intake_;
};

struct Begun : Intake {
  explicit Begun(int workers = 2) : Intake({"alpha", "first", {100, 50}}, header(workers)) {}
};

TEST(CellIntake, CountsWhatWasOrdered) {
  Begun intake;
  EXPECT_TRUE(intake.take(batch(100, 20)));
  EXPECT_TRUE(intake.take(batch(120, 30)));
  EXPECT_EQ(intake.result().recorded().total(), 50u);
  EXPECT_FALSE(intake.ended());
  EXPECT_TRUE(intake.take(to_json_value(Record(CellEndRecord{.reason = EndReason::Trials}))));
  EXPECT_EQ(intake.result().end_reason(), EndReason::Trials);
}

TEST(CellIntake, RefusesTrialsNobodyOrdered) {
  for (const Json& line : {batch(99, 1), batch(150, 1), batch(149, 2), batch(100, 0),
                           batch(0, 4'000'000'000'000'000'000), batch(100, ~0ull)}) {
    Begun intake;
    EXPECT_FALSE(intake.take(line)) << line.dump();
    EXPECT_EQ(intake.result().recorded().total(), 0u);
  }
}

TEST(CellIntake, RefusesTimesOfWhichNoDifferenceIsANumber) {
  TrialRecord trial;
  trial.observation.trial = 100;
  EXPECT_TRUE(Begun().take(to_json_value(Record(trial))));
  trial.observation.proven = INT64_MAX;
  EXPECT_FALSE(Begun().take(to_json_value(Record(trial))));
  trial.observation.proven = 5;
  trial.observation.wedge = INT64_MIN;
  EXPECT_FALSE(Begun().take(to_json_value(Record(trial))));
}

TEST(CellIntake, RefusesWhatCannotBe) {
  Intake fresh({"alpha", "first", {0, 5}});
  EXPECT_FALSE(fresh.take(batch(0, 1))) << "no header yet";
  Intake other({"beta", "first", {0, 5}});
  EXPECT_FALSE(other.take(header())) << "header of another reproducer";

  Begun intake;
  EXPECT_FALSE(intake.take(header())) << "second header";
  EXPECT_FALSE(intake.take({{"type", "batch"}, {"cell", "x"}, {"first", 120}, {"count", 2}}));
  EXPECT_FALSE(intake.take({{"type", "batch"}, {"cell", 1}, {"first", 120}, {"count", 2}}));
  EXPECT_TRUE(intake.take(batch(120, 2)));
  EXPECT_FALSE(intake.take(batch(121, 2))) << "one of them twice";
  EXPECT_TRUE(intake.take({{"type", "of a later version"}}));
  EXPECT_TRUE(intake.take(to_json_value(Record(CellEndRecord{.reason = EndReason::Trials}))));
  EXPECT_FALSE(intake.take(batch(130, 1))) << "behind the end";
}

TEST(CellIntake, RefusesALineOfNoKind) {
  for (const Json& line : {Json(), Json(7), Json::array(), Json::object()}) {
    EXPECT_FALSE(Begun().take(line)) << line.dump();
  }
}

/// Each may have been at a trial, and that many lost trials would be listed.
TEST(CellIntake, RefusesMoreWorkersThanThereCanBe) {
  Intake most({"alpha", "first", {100, 50}});
  EXPECT_TRUE(most.take(header(1024)));
  Intake more({"alpha", "first", {100, 50}});
  EXPECT_FALSE(more.take(header(1025)));
}

TEST(CellIntake, EveryWorkerMayHaveBeenAtATrial) {
  Begun intake(2);
  EXPECT_EQ(intake.in_flight(), (std::vector<std::uint64_t>{100, 101}));
  EXPECT_TRUE(intake.take(batch(100, 10)));
  EXPECT_TRUE(intake.take(batch(111, 2)));
  EXPECT_EQ(intake.in_flight(), (std::vector<std::uint64_t>{110, 113}));
  EXPECT_TRUE(intake.take(batch(114, 36)));
  EXPECT_EQ(intake.in_flight(), (std::vector<std::uint64_t>{110, 113}));
  EXPECT_TRUE(intake.take(batch(110, 1)));
  EXPECT_EQ(intake.in_flight(), (std::vector<std::uint64_t>{113}));
}

TEST(CellIntake, LostTrialsAreCountedOnceAndTold) {
  Begun intake(2);
  EXPECT_TRUE(intake.take(batch(100, 10)));
  const auto lost = intake.door().lose(Outcome::LostMachine, Rule::LostMachine, "it died");
  ASSERT_EQ(lost.size(), 2u);
  EXPECT_EQ(lost[0].observation.trial, 110u);
  EXPECT_EQ(intake.result().tally().count(Outcome::LostMachine), 2u);
  EXPECT_EQ(intake.result().measured(), 12u);
}

TEST(CellIntake, AfterItsEndNothingWasInFlight) {
  Begun intake;
  EXPECT_TRUE(intake.take(to_json_value(Record(CellEndRecord{.reason = EndReason::Infra}))));
  EXPECT_TRUE(intake.in_flight().empty());
  EXPECT_TRUE(Intake({"alpha", "first", {0, 5}}).in_flight().empty()) << "never began";
}

Json searching_header() {
  Json said = header();
  said["cells"][0]["search"] = 30;
  said["cells"][0]["params"]["widen"] = "auto";
  return said;
}

struct Searching : Intake {
  Searching() : Intake({"alpha", "first", {0, 80}, 30, {{"widen", "auto"}}}, searching_header()) {}
};

TEST(CellIntake, CountsMeasuredTrialsApartFromTheSearch) {
  Searching intake;
  EXPECT_TRUE(intake.take(batch(0, 30)));
  EXPECT_EQ(intake.result().measured(), 0u);
  EXPECT_TRUE(intake.take(batch(30, 5)));
  EXPECT_EQ(intake.result().measured(), 5u);
}

TEST(CellIntake, NoMeasuredTrialIsInFlightBeforeTheSearchIsOver) {
  Searching intake;
  EXPECT_TRUE(intake.take(batch(0, 29)));
  EXPECT_EQ(intake.in_flight(), (std::vector<std::uint64_t>{29}));
  EXPECT_TRUE(intake.take(batch(29, 1)));
  EXPECT_EQ(intake.in_flight(), (std::vector<std::uint64_t>{30, 31}));
}

TEST(CellIntake, RefusesAMachineThatCallsMeasuredTrialsASearch) {
  for (const char* what : {"search", "params"}) {
    Intake intake({"alpha", "first", {0, 80}, 30, {{"widen", "auto"}}});
    Json said = header();
    said["cells"][0]["search"] = what == std::string("search") ? 80 : 30;
    said["cells"][0]["params"]["widen"] = what == std::string("params") ? "none" : "auto";
    EXPECT_FALSE(intake.take(said)) << what;
  }
}

}  // namespace
}  // namespace hangrate
