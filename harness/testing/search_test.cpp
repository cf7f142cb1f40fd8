// SPDX-License-Identifier: GPL-2.0-or-later
//
// Widened races as a user runs them, on a fake whose shots hit or miss by their name: the search is
// counted apart, its best arm is measured, remembered, begun with and replayed.
#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/model/json.h"
#include "harness/testing/command.h"
#include "harness/testing/schema.h"

namespace hangrate::testing {
namespace {

using ::testing::HasSubstr;

const std::string kHangrate = HANGRATE_BUILD_DIR "/bin/hangrate";
const std::string kFakes = HANGRATE_BUILD_DIR "/fakes";

std::vector<std::string> words(std::vector<std::string> more) {
  std::vector<std::string> argv = {kHangrate, "run", "--repro-dir", kFakes};
  argv.insert(argv.end(), more.begin(), more.end());
  return argv;
}

/// A run of the fake into `folder`; its one result.
Json result_of(const std::string& folder, std::vector<std::string> more, Ran* out = nullptr) {
  more.insert(more.end(), {"--results", folder, "--json", "-"});
  const Ran ran = run_command(words(more));
  if (out != nullptr) *out = ran;
  const auto json = parse_json(ran.out);
  EXPECT_TRUE(json) << ran.out << ran.err;
  EXPECT_EQ(validate("summary.schema.json", PlainJson::parse(ran.out, nullptr, false)), "")
      << ran.out;
  return json ? (*json)["kernels"][0]["results"][0] : Json();
}

std::vector<Json> journal_of(const std::string& folder) {
  std::vector<Json> lines;
  for (const std::string& line : split(read_file(folder + "/journal.jsonl").value_or(""), '\n')) {
    if (line.empty()) continue;
    EXPECT_EQ(validate("journal.schema.json", PlainJson::parse(line, nullptr, false)), "") << line;
    if (auto json = parse_json(line)) lines.push_back(std::move(*json));
  }
  return lines;
}

std::vector<Json> of_type(const std::vector<Json>& lines, const std::string& type) {
  std::vector<Json> some;
  for (const Json& line : lines) {
    if (line["type"] == type) some.push_back(line);
  }
  return some;
}

const std::vector<std::string> kWidened = {"fake/lost-wakeup", "--param", "widen=auto"};

std::vector<std::string> widened(std::vector<std::string> more) {
  more.insert(more.begin(), kWidened.begin(), kWidened.end());
  return more;
}

TEST(Search, IsCountedApartAndItsBestArmIsMeasured) {
  const TempFolder folder;
  Ran ran;
  const Json result =
      result_of(folder / "run", widened({"--search", "20", "--trials", "30"}), &ran);
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(result["trials"], 30) << result.dump(2);
  EXPECT_EQ(result["hits"], 30);
  EXPECT_EQ(result["verdict"], "control-held") << "ten clean trials of the search break no control";
  EXPECT_EQ(result["search"]["trials"], 20);
  EXPECT_EQ(result["search"]["hits"], 10);
  EXPECT_EQ(result["search"]["best"]["plan"], "right");
  EXPECT_EQ(result["search"]["best"]["delay_ns"], 120000);
  EXPECT_EQ(result["widened"], true);
  EXPECT_THAT(ran.err, HasSubstr("% [88.4, 100] widened"));
  EXPECT_THAT(ran.err, HasSubstr("search: 10 hits in 20 trials, best right, 120.0 us"));
  EXPECT_THAT(ran.err, HasSubstr("aimed: right, 120.0 us"));
  EXPECT_THAT(ran.err, HasSubstr("plan broken is off: the self-test saw no delay"));
  EXPECT_EQ(of_type(journal_of(folder / "run"), "note").size(), 1u) << "told once";
}

TEST(Search, NothingIsMeasuredBeforeItIsOver) {
  const TempFolder folder;
  result_of(folder / "run", widened({"--search", "20", "--trials", "30"}));
  bool over = false;
  for (const Json& line : journal_of(folder / "run")) {
    if (line["type"] == "search") over = true;
    if (line["type"] == "batch") {
      const auto first = line["first"].get<std::uint64_t>();
      EXPECT_EQ(first >= 20, over) << line;
      EXPECT_TRUE(first >= 20 || first + line["count"].get<std::uint64_t>() <= 20) << line;
    }
    if (line["type"] != "trial") continue;
    const bool measured = line["trial"] >= 20;
    EXPECT_EQ(measured, over) << line["trial"];
    EXPECT_EQ(line["observation"]["phase"], measured ? "measures" : "searches");
    EXPECT_EQ(line["observation"]["shot"]["plan"], "right");
  }
  EXPECT_TRUE(over);
  EXPECT_GE(journal_of(folder / "run")[0]["schema"], 2) << "a reader of before must refuse it";
}

TEST(Search, StopRulesSeeMeasuredTrialsOnly) {
  const TempFolder folder;
  const Json result = result_of(folder / "run", widened({"--search", "40", "--hits", "3"}));
  EXPECT_EQ(result["search"]["trials"], 40) << "its 20 hits end nothing";
  EXPECT_GE(result["hits"], 3);
  EXPECT_EQ(result["stopped_by"], "hits");
}

TEST(Search, HasItsUsualLengthWhereTheRaceIsWidened) {
  const TempFolder folder;
  const Json plain = result_of(folder / "plain", {"fake/lost-wakeup", "--trials", "5"});
  EXPECT_EQ(plain["search"], nullptr);
  EXPECT_EQ(plain["widened"], false);
  EXPECT_EQ(plain["hits"], 5);
  const Json aided = result_of(folder / "aided", widened({"--trials", "5"}));
  EXPECT_EQ(aided["search"]["trials"], 300);
}

TEST(Search, NaturalTakesNoHelp) {
  const TempFolder folder;
  const Json result = result_of(folder / "run", {"fake/lost-wakeup", "--natural", "--trials", "5"});
  EXPECT_EQ(result["params"]["widen"], "none");
  EXPECT_EQ(result["search"], nullptr);
  EXPECT_EQ(result["hits"], 5);
  for (const Json& trial : of_type(journal_of(folder / "run"), "trial")) {
    EXPECT_FALSE(trial["observation"].contains("shot"));
  }
}

TEST(Search, AResumedRunMeasuresWithTheArmItFound) {
  const TempFolder folder;
  const std::string run = folder / "run";
  run_command(
      words(widened({"--search", "20", "--trials", "2000", "--results", run, "-q"})), 60,
      [&](pid_t pid) {
        const std::string text = read_file(run + "/journal.jsonl").value_or("");
        const auto over = text.find("\"type\":\"search\"");
        if (over == text.npos) return;
        if (std::count(text.begin() + static_cast<std::ptrdiff_t>(over), text.end(), '\n') > 20) {
          ::kill(pid, SIGKILL);
        }
      });
  ASSERT_TRUE(of_type(journal_of(run), "cell_end").empty()) << "killed too late";
  const Ran rest =
      run_command({kHangrate, "run", "--resume", run, "--repro-dir", kFakes, "--json", "-", "-q"});
  const auto json = parse_json(rest.out);
  ASSERT_TRUE(json) << rest.err;
  const Json result = (*json)["kernels"][0]["results"][0];
  EXPECT_EQ(result["search"]["trials"], 20);
  EXPECT_EQ(result["trials"], 2000) << result.dump(2);
  EXPECT_EQ(result["hits"], 2000) << "an empty table would have meant left, which never hits";
  EXPECT_EQ(of_type(journal_of(run), "search").size(), 1u);
}

TEST(Search, WarmBeginsWithWhatAnEarlierRunFound) {
  const TempFolder folder;
  const Json cold = result_of(folder / "cold", widened({"--search", "0", "--trials", "10"}));
  EXPECT_EQ(cold["hits"], 0) << "without a search the fake takes the arm that never hits";
  result_of(folder / "first", widened({"--search", "20", "--trials", "2"}));
  const Json warm = result_of(
      folder / "warm", widened({"--search", "0", "--trials", "10", "--warm", folder / "first"}));
  EXPECT_EQ(warm["hits"], 10) << warm.dump(2);
  EXPECT_THAT(warm["notes"].dump(), HasSubstr("the search begins with 2 arms of"));
  const Json shorter = result_of(
      folder / "shorter", widened({"--trials", "2", "--warm", folder / "first/journal.jsonl"}));
  EXPECT_EQ(shorter["search"]["trials"], 50);
}

TEST(Search, WarmTakesNothingFromAnotherPreemptionModel) {
  const TempFolder folder;
  result_of(folder / "first", widened({"--search", "20", "--trials", "2"}));
  const std::string path = folder / "first/journal.jsonl";
  std::string text = read_file(path).value_or("");
  const auto at = text.find("\"active\":\"");
  ASSERT_NE(at, std::string::npos);
  text.insert(at + 10, "un");
  ASSERT_TRUE(write_file_atomically(path, text));
  const Json warm =
      result_of(folder / "warm", widened({"--trials", "10", "--warm", folder / "first"}));
  EXPECT_EQ(warm["search"]["trials"], 300) << "nothing to begin with";
  EXPECT_THAT(warm["notes"].dump(), HasSubstr("other preemption models"));
}

TEST(Search, ReplayRepeatsTheShotOfARecordedTrial) {
  const TempFolder folder;
  const Json first = result_of(folder / "run", widened({"--search", "20", "--trials", "2"}));
  Ran ran;
  const Json again =
      result_of(folder / "again", {"--replay", folder / "run:7", "--trials", "6"}, &ran);
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(again["hits"], 6) << again.dump(2);
  EXPECT_EQ(again["search"], nullptr);
  EXPECT_EQ(again["seed"], first["seed"]);
  EXPECT_EQ(again["params"], first["params"]);
  EXPECT_EQ(again["replay"]["trial"], 7);
  EXPECT_EQ(again["replay"]["shot"]["delay_ns"], 120000);
  EXPECT_THAT(ran.err, HasSubstr("replayed"));
  EXPECT_THAT(ran.err, HasSubstr("replays trial 7 of"));
  const auto lines = journal_of(folder / "again");
  EXPECT_EQ(lines[0]["cells"][0]["replay"]["trial"], 7);
  for (const Json& trial : of_type(lines, "trial")) {
    EXPECT_EQ(trial["observation"]["phase"], "replays 7");
    EXPECT_EQ(trial["observation"]["shot"]["plan"], "right");
  }
  const Json third = result_of(folder / "third", {"--replay", folder / "again:3", "--trials", "2"});
  EXPECT_EQ(third["replay"]["trial"], 7) << "whose random numbers they are";
  const Json many = result_of(folder / "many", {"--replay", folder / "run"});
  EXPECT_EQ(many["trials"], 200);
}

TEST(Search, ReplaySaysWhatIsWrong) {
  const TempFolder folder;
  result_of(folder / "run", widened({"--search", "20", "--trials", "2"}));
  result_of(folder / "natural", {"fake/lost-wakeup", "--trials", "2"});
  const auto complaint = [&](const std::vector<std::string>& argv) {
    const Ran ran = run_command(words(argv));
    EXPECT_EQ(ran.code, 2) << ran.err;
    EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
    return ran.err;
  };
  EXPECT_THAT(complaint({"--replay", folder / "run:6"}), HasSubstr("no record of trial 6"));
  EXPECT_THAT(complaint({"--replay", folder / "run:6"}), HasSubstr("with a shot there are "));
  EXPECT_THAT(complaint({"--replay", folder / "natural:1"}), HasSubstr("has no shot"));
  EXPECT_THAT(complaint({"--replay", folder / "natural"}), HasSubstr("no shot of any trial"));
  EXPECT_THAT(complaint({"--replay", folder / "nowhere:1"}), HasSubstr("nowhere"));
  EXPECT_THAT(complaint({"--replay", folder / "run:7th"}), HasSubstr("\"7th\" is no trial number"));
  EXPECT_THAT(complaint({"--replay", folder / "run:"}), HasSubstr("is no trial number"));
  EXPECT_THAT(complaint({"fake", "--replay", folder / "run:7"}), HasSubstr("from the journal"));
  EXPECT_THAT(complaint({"fake", "--cell", "fake/clean"}), HasSubstr("--replay"));
  std::string text = read_file(folder / "run/journal.jsonl").value_or("");
  for (auto at = text.find("\"delay_ns\":120000"); at != text.npos;
       at = text.find("\"delay_ns\":120000")) {
    text.replace(at, 17, "\"delay_ns\":-12000");
  }
  ASSERT_TRUE(write_file_atomically(folder / "run/journal.jsonl", text));
  EXPECT_THAT(complaint({"--replay", folder / "run:7"}), HasSubstr("cannot be"));
}

TEST(Search, AMadTableIsSurvived) {
  const TempFolder folder;
  Ran ran;
  const Json result = result_of(
      folder / "run",
      {"fake/lost-wakeup", "--param", "widen=hostile", "--search", "4", "--trials", "6"}, &ran);
  EXPECT_EQ(result["hits"], 6) << result.dump(2);
  EXPECT_EQ(result["search"]["arms"].size(), 64u);
  EXPECT_EQ(result["search"]["best"], nullptr);
  const auto lines = journal_of(folder / "run");
  EXPECT_EQ(of_type(lines, "cell_end")[0]["search"].size(), 64u);
  EXPECT_EQ(of_type(lines, "trial")[0]["observation"]["shot"]["plan"], std::string(24, 'A'));
  EXPECT_EQ(of_type(lines, "note").size(), 1u) << "64 times the same is told once";
}

TEST(Search, HelpThatAVariantDoesNotTakeIsAMistake) {
  const Ran ran = run_command(words({"fake/clean", "--param", "widen=auto"}));
  EXPECT_EQ(ran.code, 2) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("--param widen=auto: clean of fake cannot be helped"));
}

TEST(Search, AMatrixHelpsTheVariantsThatTakeIt) {
  const TempFolder folder;
  ASSERT_TRUE(write_file_atomically(
      folder / "m.json",
      R"({"schema":1,"kernels":[{"spec":"native","params":{"fake":{"widen":"auto"}}}]})"));
  const Ran ran =
      run_command({kHangrate, "matrix", folder / "m.json", "--repro", "fake/lost-wakeup", "--repro",
                   "fake/clean", "--repro-dir", kFakes, "--search", "20", "--trials", "10",
                   "--results", folder / "run", "--json", folder / "run.json"});
  const auto json = parse_json(read_file(folder / "run.json").value_or(""));
  ASSERT_TRUE(json) << ran.err;
  const Json results = (*json)["kernels"][0]["results"];
  ASSERT_EQ(results.size(), 2u) << json->dump(2);
  for (const Json& cell : results) {
    const bool helped = cell["variant"] == "lost-wakeup";
    EXPECT_EQ(cell["trials"], 10) << cell.dump(2);
    EXPECT_EQ(cell["widened"], helped);
    EXPECT_EQ(cell["params"]["widen"], helped ? "auto" : "none");
    EXPECT_EQ(cell["search"].is_null(), !helped);
  }
}

TEST(Search, AMatrixSearchesOnceAndItsBootsGoOnFromIt) {
  const TempFolder folder;
  ASSERT_TRUE(write_file_atomically(
      folder / "m.json",
      R"({"schema":1,"kernels":[{"spec":"native","boots":2,"params":{"fake":{"widen":"auto"}}}]})"));
  const Ran ran = run_command({kHangrate, "matrix", folder / "m.json", "--repro",
                               "fake/lost-wakeup", "--repro-dir", kFakes, "--search", "20",
                               "--trials", "10", "--results", folder / "run", "--json",
                               folder / "run.json", "--junit", folder / "run.xml", "--ktap"});
  const std::string text = read_file(folder / "run.json").value_or("");
  const auto json = parse_json(text);
  ASSERT_TRUE(json) << ran.err;
  EXPECT_EQ(validate("summary.schema.json", PlainJson::parse(text, nullptr, false)), "");
  const Json result = (*json)["kernels"][0]["results"][0];
  EXPECT_EQ(result["search"]["trials"], 20) << result.dump(2);
  EXPECT_EQ(result["trials"], 10);
  EXPECT_EQ(result["hits"], 10) << "the second boot knows the arm the first one found";
  const Json boots = (*json)["kernels"][0]["boots"];
  ASSERT_EQ(boots.size(), 2u);
  for (const Json& boot : boots) EXPECT_EQ(boot["clusters"][0]["trials"], 5) << boots.dump(2);
  const std::string said = "search: 10 hits in 20 trials, best right, 120.0 us";
  EXPECT_THAT(ran.out, HasSubstr("# " + said));
  EXPECT_THAT(run_command({kHangrate, "report", folder / "run"}).out, HasSubstr(said));
  EXPECT_THAT(read_file(folder / "run.xml").value_or(""), HasSubstr(said));
  const Ran natural =
      run_command({kHangrate, "matrix", folder / "m.json", "--repro", "fake/lost-wakeup",
                   "--repro-dir", kFakes, "--natural", "--results", folder / "natural"});
  EXPECT_EQ(natural.code, 2) << "the file asks for help";
  EXPECT_THAT(natural.err, HasSubstr("--natural contradict"));
}

TEST(Search, AMatrixBeginsWithTheArmsOfAnEarlierRun) {
  const TempFolder folder;
  result_of(folder / "first", widened({"--search", "20", "--trials", "2"}));
  ASSERT_TRUE(write_file_atomically(
      folder / "m.json",
      R"({"schema":1,"kernels":[{"spec":"native","params":{"fake":{"widen":"auto"}}}]})"));
  const auto matrix = [&](const std::string& results, std::vector<std::string> more) {
    std::vector<std::string> argv = {
        kHangrate,     "matrix",    folder / "m.json", "--repro", "fake/lost-wakeup",
        "--repro-dir", kFakes,      "--trials",        "10",      "--search",
        "0",           "--results", results,           "--json",  results + ".json"};
    argv.insert(argv.end(), more.begin(), more.end());
    const Ran ran = run_command(argv);
    const auto json = parse_json(read_file(results + ".json").value_or(""));
    EXPECT_TRUE(json) << ran.err;
    return json ? (*json)["kernels"][0]["results"][0] : Json();
  };
  EXPECT_EQ(matrix(folder / "cold", {})["hits"], 0);
  EXPECT_EQ(matrix(folder / "warm", {"--warm", folder / "first"})["hits"], 10);
  EXPECT_EQ(matrix(folder / "warmer", {"--warm", folder / "warm"})["hits"], 10)
      << "from the folder of a matrix";
}

struct Mistake {
  const char* name;
  std::vector<std::string> argv;
  const char* says;
};

void PrintTo(const Mistake& mistake, std::ostream* out) {
  *out << mistake.name;
}

class BadSearch : public ::testing::TestWithParam<Mistake> {};

TEST_P(BadSearch, IsOneClearLineAndExit2) {
  const Ran ran = run_command(words(GetParam().argv));
  EXPECT_EQ(ran.code, 2) << ran.err;
  EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadSearch,
    ::testing::Values(
        Mistake{"nothing_to_search", {"fake/clean", "--search", "5"}, "nothing to search"},
        Mistake{"nothing_to_warm", {"fake/clean", "--warm", "/nowhere"}, "nothing to search"},
        Mistake{"natural_and_search",
                {"fake/clean", "--natural", "--search", "5"},
                "nothing to search"},
        Mistake{"natural_and_widened",
                {"fake/lost-wakeup", "--natural", "--param", "widen=auto"},
                "--natural means widen=none"},
        Mistake{"negative_search",
                {"fake/lost-wakeup", "--param", "widen=auto", "--search", "-1"},
                "--search"},
        Mistake{"warm_from_nowhere",
                {"fake/lost-wakeup", "--param", "widen=auto", "--warm", "/nowhere"},
                "/nowhere"},
        Mistake{"resume_and_search", {"--resume", "/nowhere", "--search", "5"}, "--resume"},
        Mistake{"resume_and_natural", {"--resume", "/nowhere", "--natural"}, "--resume"}),
    [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace hangrate::testing
