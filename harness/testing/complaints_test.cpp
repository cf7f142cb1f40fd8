// SPDX-License-Identifier: GPL-2.0-or-later
//
// What ConsoleLog hears of the kernels of the default matrix: scripts/kernel-complaints reads out
// of their sources, as Debian packages them, all they can complain of and all they say when all is
// well.
#include <set>

#include <gtest/gtest.h>

#include "harness/console/console_log.h"
#include "harness/model/json.h"
#include "harness/testing/command.h"

namespace hangrate::testing {
namespace {

const std::string kScript = HANGRATE_SOURCE_DIR "/scripts/kernel-complaints";
const std::string kHangrate = HANGRATE_BUILD_DIR "/bin/hangrate";
constexpr double kLimit = 280;

struct Printed {
  std::string kind;
  std::string place;
  std::string message;
};

/// "\\n" and "\\\\" back to what they stand for.
std::string unescaped(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '\\' && i + 1 < text.size();
    if (escape) ++i;
    plain += escape && text[i] == 'n' ? '\n' : text[i];
  }
  return plain;
}

std::vector<Printed> printed_in(const std::string& text) {
  std::vector<Printed> all;
  for (const std::string& line : split(text, '\n')) {
    const auto fields = split(line, '\t');
    if (fields.size() >= 3) all.push_back({fields[0], fields[1], line});
    if (fields.size() < 3) continue;
    all.back().message = unescaped(line.substr(fields[0].size() + fields[1].size() + 2));
  }
  return all;
}

/// What stands before a line on its way here.
const char* const kTransports[] = {
    "[   12.345678] ",
    "[   12.345678][  T412] ",
    "<4>[   12.345678] ",
    "4,812,12345678,-;",
    "6.12.0,4,812,12345678,-,caller=C0;",
    "[Fri Nov 27 12:00:00 2026] ",
    "Nov 27 12:00:00 host kernel: ",
    "2026-11-27T12:00:00+00:00 host kernel: [   12.345678] ",
    "\x1b[1;31m[   12.345678] \x1b[0m",
};

std::string sent(const std::string& message, const std::string& before) {
  std::string text;
  for (const std::string& line : split(message, '\n')) text += before + line + "\r\n";
  return text;
}

/// The Debian suites of the default matrix.
std::vector<std::string> suites() {
  const Json matrix = Json::parse(read_file(HANGRATE_SOURCE_DIR "/ci/kernels.json").value_or(""));
  std::vector<std::string> names;
  for (const Json& row : matrix["kernels"]) {
    const std::string spec = row["spec"].get<std::string>();
    const bool newest = spec.find_first_of("=,") == spec.npos;  // whose sources are packaged
    if (spec.starts_with("debian:") && newest) names.push_back(spec.substr(7));
  }
  return names;
}

/// What stands before a line that a program has written, in a console whose kernel marks its own.
const char* const kPrograms[] = {
    "[   13.100000] systemd[1]: ",
    "",
    "test: [   12.345678] ",
    "12,813,13100000,-;",
    "<14>[   13.100000] ",
    "Nov 27 12:00:00 host app[41]: ",
    "user  :notice: [   13.100000] ",
};

class Complaints : public ::testing::TestWithParam<std::string> {
 protected:
  /// Empty if the source cannot be had; the test is skipped then.
  static std::vector<Printed> read_source(const std::vector<std::string>& options) {
    std::vector<std::string> command{kScript, GetParam(), "--hangrate", kHangrate};
    command.insert(command.end(), options.begin(), options.end());
    const Ran ran = run_command(command, kLimit);
    EXPECT_TRUE(ran.code == 0 || ran.code == 4) << ran.err;
    why_not_ = ran.err.substr(0, 300);
    return ran.code == 0 ? printed_in(ran.out) : std::vector<Printed>{};
  }
  static std::string why_not_;
};
std::string Complaints::why_not_;

TEST_P(Complaints, OfAPackagedKernelAreHeardInEveryTransportAndNotWhenAProgramQuotesThem) {
  const auto complaints = read_source({});
  if (complaints.empty()) GTEST_SKIP() << why_not_;
  std::set<std::string> kinds;
  for (const Printed& complaint : complaints) {
    kinds.insert(complaint.kind);
    for (const char* before : kTransports) {
      const auto found = findings_in(sent(complaint.message, before));
      ASSERT_EQ(found.size(), 1u) << complaint.place << ": " << before << complaint.message;
      EXPECT_EQ(found[0].kind, complaint.kind) << complaint.place << ": " << complaint.message;
      EXPECT_NE(complaint.message.find(found[0].lines.at(0)), std::string::npos);
    }
    for (const char* before : kPrograms) {
      const std::string kernels = "[   13.000000] random: crng init done\n";
      const auto found = findings_in(kernels + sent(complaint.message, before));
      EXPECT_TRUE(found.empty()) << complaint.place << ": " << before << complaint.message;
    }
  }
  RecordProperty("formats", static_cast<int>(complaints.size()));
  EXPECT_GE(complaints.size(), 300u);
  for (const char* kind : {"panic", "oops", "bug", "corruption", "kasan", "ubsan", "lockdep",
                           "hung-task", "soft-lockup", "hard-lockup", "rcu-stall", "warning"}) {
    EXPECT_TRUE(kinds.contains(kind)) << kind;
  }
}

TEST_P(Complaints, AreNeverHeardInWhatAPackagedKernelSaysWhenAllIsWell) {
  const auto ordinary = read_source({"--ordinary"});
  if (ordinary.empty()) GTEST_SKIP() << why_not_;
  EXPECT_GE(ordinary.size(), 1000u);
  for (const Printed& line : ordinary) {
    const auto found = findings_in(sent(line.message, kTransports[0]));
    EXPECT_TRUE(found.empty()) << line.place << ": " << found[0].kind << ": " << line.message;
  }
}

INSTANTIATE_TEST_SUITE_P(Debian, Complaints, ::testing::ValuesIn(suites()),
                         [](const auto& suite) { return suite.param; });

}  // namespace
}  // namespace hangrate::testing
