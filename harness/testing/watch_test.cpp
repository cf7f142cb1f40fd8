// SPDX-License-Identifier: GPL-2.0-or-later
//
// `hangrate diagnose --watch` as a user runs it: a hang is told as it comes and as it goes, and a
// healthy wait is not.
#include <gtest/gtest.h>

#include "harness/testing/schema.h"

namespace hangrate::testing {
namespace {

const std::string kHangrate = HANGRATE_BUILD_DIR "/bin/hangrate";
const std::string kCases = HANGRATE_BUILD_DIR "/waits/wait_cases";

/// What the scripts are made of: start NAME... runs wait cases, whose tasks are $pids; watch
/// ARGUMENT... begins one, that writes into "lines"; await TEXT waits until it is in a line.
const std::string kWords = "hangrate='" + kHangrate + "' cases='" + kCases + "'" + R"sh(
    cd "$0" || exit 9
    mkfifo input; exec 3<>input; touch lines
    start() {
      for name in "$@"; do
        timeout 230 nice -n -15 "$cases" $name <&3 >$name & started="$started $!"
        until grep -q ready $name; do kill -0 $! || exit 4; sleep 0.05; done
        pids="$pids $(sed 's/ready//' $name)"
      done
    }
    watch() {
      "$hangrate" diagnose --watch --interval 0.2 --json - "$@" >lines 3>&- & watch=$!
    }
    await() { until grep -q "$1" lines; do kill -0 $watch || exit 9; sleep 0.05; done; }
)sh";

Ran watch_script(const std::string& script, const std::vector<std::string>& arguments = {}) {
  const TempFolder folder;
  std::vector<std::string> argv = {"/bin/sh", "-c", kWords + script, folder.path()};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return run_command(argv, 240);
}

/// Watches the tasks of wait cases, and the shell, until `first` is in a line, ends the cases, goes
/// on until `then` is, and ends the watch by `signal`. Its lines; the last is its exit status.
Ran watch_cases(const std::string& names, const std::string& first, const std::string& then,
                const std::string& signal) {
  return watch_script(R"sh(
    start $1
    watch $pids $$
    await "$2"
    kill $started
    await "$3"
    kill -$4 $watch; wait $watch; echo $? >>lines; wait $started; cat lines)sh",
                      {names, first, then, signal});
}

std::vector<PlainJson> events_of(const Ran& ran) {
  std::vector<PlainJson> events;
  for (const std::string& line : split(ran.out, '\n')) {
    if (!line.starts_with('{')) continue;
    events.push_back(PlainJson::parse(line, nullptr, false));
    EXPECT_EQ(validate("watch.schema.json", events.back()), "") << line;
  }
  return events;
}

class Watch : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "what others hold is told to root";
  }
};

TEST_F(Watch, TellsAHangAsItComesAndAsItGoesAndNothingOfAHealthyWaitBesideIt) {
  // Both rest when everything is looked at.
  const Ran ran =
      watch_cases("flock-holder-naps pipe-own-end", R"("event":"hang")", "hang-over", "TERM");
  ASSERT_EQ(ran.code, 0) << ran.out << ran.err;
  const auto events = events_of(ran);
  ASSERT_EQ(events.size(), 3U) << ran.out;
  EXPECT_EQ(events[0]["event"], "begun");
  EXPECT_EQ(events[1]["proof"]["kind"], "orphaned");
  EXPECT_EQ(events[1]["proof"]["sentences"].dump().find("flock"), std::string::npos);
  EXPECT_EQ(events[2]["id"], events[1]["id"]);
  EXPECT_TRUE(ran.out.ends_with("\n0\n")) << "SIGTERM is the way to end it: " << ran.out;
}

TEST_F(Watch, TellsACallThatDoesNotEndAsSpinning) {
  const Ran ran = watch_cases("busy-one-call", R"("event":"spinning")", "spinning-over", "INT");
  if (ran.code == 4) GTEST_SKIP() << ran.err;
  ASSERT_EQ(ran.code, 0) << ran.out << ran.err;
  const auto events = events_of(ran);
  ASSERT_EQ(events.size(), 3U) << ran.out;
  EXPECT_GE(events[1]["task"]["kernel_time"], 10 * kSecond);
  EXPECT_TRUE(ran.out.ends_with("\n0\n")) << "and SIGINT: " << ran.out;
}

/// Its events end with that of its own end, its status is 3.
void expect_ends_by_itself(const Ran& ran, const std::string& what) {
  ASSERT_EQ(ran.code, 0) << ran.out << ran.err;
  const auto events = events_of(ran);
  ASSERT_EQ(events.size(), 4U) << ran.out;
  EXPECT_EQ(events[1]["event"], "hang");
  EXPECT_EQ(events[2]["event"], "hang-over") << "the end of what was told comes first";
  EXPECT_EQ(events[3]["event"], "gone");
  EXPECT_NE(events[3]["what"].dump().find(what), std::string::npos) << events[3];
  EXPECT_TRUE(ran.out.ends_with("\n3\n")) << ran.out;
}

TEST_F(Watch, EndsWhenItsProcessesAreGoneAndSaysSo) {
  const Ran ran = watch_script(R"sh(
    start pipe-own-end
    watch $pids
    await '"event":"hang"'
    kill $started; wait $started
    wait $watch; echo $? >>lines; cat lines)sh");
  expect_ends_by_itself(ran, "gone");
}

TEST_F(Watch, EndsWhenItsCgroupIsGoneAndNotWhenItIsEmpty) {
  const Ran ran = watch_script(R"sh(
    root=$(awk '$0 ~ / - cgroup2 / {print $5; exit}' /proc/self/mountinfo)
    folder=$root/watched-$$  # not "hangrate-": every run removes empty ones of that name
    [ -n "$root" ] && mkdir "$folder" || exit 4
    trap 'rmdir "$folder" 2>/dev/null' EXIT
    start pipe-own-end
    for pid in $pids; do echo $pid >"$folder/cgroup.procs" || exit 4; done
    watch --cgroup "$folder"
    await '"event":"hang"'
    kill $started; wait $started
    await hang-over
    kill -0 $watch || exit 9
    until rmdir "$folder"; do sleep 0.05; done
    wait $watch; echo $? >>lines; cat lines)sh");
  if (ran.code == 4) GTEST_SKIP() << ran.err;
  expect_ends_by_itself(ran, "cgroup");
}

TEST(WatchCommand, AWrongCommandLineIsTold) {
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{"--watch"},
                                                {"--watch", "--all", "--json", "/tmp/x"},
                                                {"--watch", "--all", "--free", "--yes"},
                                                {"--watch", "--all", "--interval", "0"},
                                                {"--all", "--interval", "2"}}) {
    std::vector<std::string> argv = {kHangrate, "diagnose"};
    argv.insert(argv.end(), wrong.begin(), wrong.end());
    EXPECT_EQ(run_command(argv, 20).code, 2) << wrong.back();
  }
}

TEST(WatchCommand, EndsWithAnErrorWhereNobodyReads) {
  const Ran ran = run_command(
      {"/bin/sh", "-c", kHangrate + " diagnose --watch --interval 0.2 $$ >/dev/full"}, 60);
  EXPECT_EQ(ran.code, 3) << ran.err;
  EXPECT_NE(ran.err.find("stdout"), std::string::npos) << ran.err;
}

}  // namespace
}  // namespace hangrate::testing
