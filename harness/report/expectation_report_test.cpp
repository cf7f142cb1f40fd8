// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who says what a kernel should show, from the run's header to the reports.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/report/cell_json.h"
#include "harness/report/made_run.h"
#include "harness/testing/schema.h"

namespace hangrate {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kRhel = "5.14.0-427.13.1.el9_4.x86_64";

/// 20,000 clean trials of a variant, of a control, and of a reproducer nothing is stated of.
struct Clean {
  explicit Clean(const std::string& release, StatedExpectations stated = {},
                 std::vector<std::string> reverted = {}) {
    header.environment.release = release;
    header.environment.reverted = std::move(reverted);
    header.stated = std::move(stated);
    const std::tuple<const char*, const char*, Expect> specs[] = {
        {"some_stall", "plain", Expect::Affected},
        {"some_stall", "control", Expect::Never},
        {"other_stall", "plain", Expect::Affected}};
    for (const auto& [repro, variant, expect] : specs) {
      CellSpec spec;
      spec.repro = repro;
      spec.variant = variant;
      spec.trials = 20000;
      spec.manifest.name = repro;
      spec.manifest.affected = {{"5.11", "5.15.149", ""}};
      spec.manifest.variants.resize(1);
      spec.manifest.variants[0].name = variant;
      spec.manifest.variants[0].expect = expect;
      cells.emplace_back(spec);
      cells.back().apply(BatchRecord{.first = 0, .count = 20000});
      cells.back().apply(CellEndRecord{.reason = EndReason::Trials, .elapsed = kSecond});
      header.cells.push_back(std::move(spec));
    }
    summary = summarize(header, cells);
  }
  const CellSummary& plain() const { return summary.cells[0]; }
  const CellSummary& control() const { return summary.cells[1]; }
  const CellSummary& other() const { return summary.cells[2]; }
  RunResult run() const { return native_run(header, cells); }
  std::string text() const { return text_report(run(), {}); }
  Json json() const {
    const std::string report = json_report(run());
    EXPECT_EQ(testing::validate("summary.schema.json", testing::PlainJson::parse(report)), "");
    return Json::parse(report)["kernels"][0];
  }

  RunHeader header;
  std::vector<CellResult> cells;
  Summary summary;
};

StatedExpectations some_stall(StatedWord word) {
  return {{"some_stall", {word, "RHEL-37087 # backport"}}};
}

TEST(ExpectationReport, WhatIsStatedMakesAGateOfAVendorsKernel) {
  const Clean fixed(kRhel, some_stall(StatedWord::Fixed));
  EXPECT_EQ(fixed.plain().expectation, Expectation::Fixed);
  EXPECT_EQ(fixed.plain().judgement.verdict, CellVerdict::FixedClean);
  const Clean affected(kRhel, some_stall(StatedWord::Affected));
  EXPECT_EQ(affected.plain().judgement.verdict, CellVerdict::UnexpectedlyClean);
  for (const Clean* run : {&fixed, &affected}) {
    EXPECT_EQ(run->plain().expectation_source, ExpectationSource::Stated);
    EXPECT_EQ(run->control().expectation, Expectation::NeverHangs);
    EXPECT_EQ(run->control().expectation_source, ExpectationSource::Manifest);
    EXPECT_EQ(run->other().expectation, Expectation::Unknown);
    EXPECT_EQ(run->other().expectation_source, ExpectationSource::Manifest);
  }
}

TEST(ExpectationReport, WhatIsStatedBeatsARevertAndTheVersion) {
  const Clean reverted("5.15.149", {}, {"some_stall"});
  EXPECT_EQ(reverted.plain().expectation, Expectation::Affected);
  EXPECT_EQ(reverted.plain().expectation_source, ExpectationSource::Reverted);
  EXPECT_EQ(reverted.other().expectation, Expectation::Fixed);
  EXPECT_EQ(reverted.control().expectation, Expectation::NeverHangs);
  const Clean both("5.15.149", some_stall(StatedWord::Unknown), {"some_stall"});
  EXPECT_EQ(both.plain().expectation, Expectation::Unknown);
  EXPECT_EQ(both.plain().expectation_source, ExpectationSource::Stated);
}

TEST(ExpectationReport, TheJsonSaysWhoAndWhy) {
  const Json stated = Clean(kRhel, some_stall(StatedWord::Fixed)).json();
  EXPECT_EQ(stated["results"][0]["expectation_source"], "stated");
  EXPECT_EQ(stated["results"][0]["expectation_because"], "RHEL-37087 # backport");
  EXPECT_EQ(stated["results"][1]["expectation_source"], "manifest");
  EXPECT_EQ(stated["results"][1]["expectation_because"], "");
  EXPECT_EQ(stated["results"][2]["expectation_because"], identify_kernel(kRhel).hint);
  EXPECT_EQ(stated["kernel"]["certainty"], "at-least");
  EXPECT_EQ(stated["kernel"]["vendor"], "rhel");
  EXPECT_EQ(stated["kernel"]["base"], "5.14.0");
  EXPECT_EQ(stated["kernel"]["upstream"], nullptr) << "it is no upstream release";
  const Json plain = Clean("5.15.20").json();
  EXPECT_EQ(plain["kernel"]["upstream"], "5.15.20");
  EXPECT_EQ(plain["kernel"]["certainty"], "exact");
  EXPECT_EQ(Clean("?").json()["kernel"]["base"], nullptr);
}

TEST(ExpectationReport, TheTextSaysWhatIsStatedAndHowToStateIt) {
  const std::string stated = Clean(kRhel, some_stall(StatedWord::Fixed)).text();
  EXPECT_THAT(stated, HasSubstr("    stated: RHEL-37087 # backport\n"));
  EXPECT_THAT(stated, HasSubstr("expectation unknown for other_stall/plain: "));
  const std::string unknown = Clean(kRhel).text();
  EXPECT_THAT(unknown, Not(HasSubstr("stated:")));
  EXPECT_THAT(unknown, HasSubstr("expectation unknown for some_stall/plain, other_stall/plain: "));
  EXPECT_THAT(unknown, HasSubstr("--expect REPRO=fixed:REASON"));
  EXPECT_THAT(Clean("5.15.20").text(), Not(HasSubstr("--expect")));
  const std::string ktap = ktap_report(Clean(kRhel, some_stall(StatedWord::Fixed)).run());
  EXPECT_THAT(ktap, HasSubstr("# stated: RHEL-37087   backport\n"));
}

TEST(ExpectationReport, EveryReportOfAMatrixSaysWhatIsStated) {
  RunResult matrix = testing::made_run();
  for (Row& row : matrix.rows) {
    if (row.id != "regressed") continue;
    row.header.stated = {{"pipe_resize_stall", {StatedWord::Fixed, "RHEL-37087 <b>"}}};
  }
  summarize_rows(matrix);
  for (const std::string& report : {text_report(matrix, {}), ktap_report(matrix)}) {
    EXPECT_THAT(report, HasSubstr("stated: RHEL-37087 <b>"));
  }
  for (const std::string& report : {html_report(matrix), junit_report(matrix)}) {
    EXPECT_THAT(report, HasSubstr("stated: RHEL-37087 &lt;b&gt;"));
  }
  EXPECT_THAT(markdown_report(matrix), HasSubstr("stated: RHEL-37087"));
  EXPECT_THAT(markdown_report(matrix), Not(HasSubstr("RHEL-37087 <b>")));
  const std::string json = json_report(matrix);
  EXPECT_EQ(testing::validate("summary.schema.json", testing::PlainJson::parse(json)), "");
  EXPECT_THAT(json, HasSubstr("\"expectation_source\": \"stated\""));
}

}  // namespace
}  // namespace hangrate
