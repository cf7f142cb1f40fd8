// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/diagnose/scout.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "harness/base/output.h"
#include "harness/model/json.h"
#include "harness/sys/child.h"
#include "harness/sys/fusectl.h"
#include "harness/sys/pause.h"
#include "harness/waits/diagnosis_json.h"

namespace hangrate {

namespace {

/// Without a step; all 10,000 tasks take 50 ms.
constexpr Nanos kLongestStep = 10 * kSecond;

Json json_of(const ScoutReport& report) {
  Json resting = Json::array();
  for (const auto& [tid, since] : report.resting) resting.push_back({tid, since});
  Diagnosis spinning;
  spinning.spinning = report.spinning;
  Json json = {{"resting", std::move(resting)},
               {"moved", report.moved},
               {"not_spinning", report.not_spinning},
               {"tasks", report.tasks},
               {"in_scope", report.in_scope}};
  if (!report.spinning.empty()) json["spinning"] = to_json_value(spinning);
  return json;
}

/// nullopt: it is no report.
std::optional<ScoutReport> report_of(const std::string& line) {
  const auto json = parse_json(line);
  if (!json) return std::nullopt;
  try {
    ScoutReport report;
    for (const Json& task : json->at("resting")) {
      report.resting[task.at(0).get<int>()] = task.at(1).get<Nanos>();
    }
    report.moved = json->at("moved").get<std::vector<int>>();
    report.not_spinning = json->at("not_spinning").get<std::vector<int>>();
    report.tasks = json->at("tasks").get<std::size_t>();
    report.in_scope = json->at("in_scope").get<bool>();
    if (!json->contains("spinning")) return report;
    auto spinning = diagnosis_from_json(json->at("spinning"));
    if (!spinning) return std::nullopt;
    report.spinning = std::move(spinning->spinning);
    return report;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

}  // namespace

Scout::Scout(ExamineScope scope, Nanos interval) : scope_(std::move(scope)), interval_(interval) {}

Scout::~Scout() {
  signal_child(pid_, SIGKILL);
}

Result<void> Scout::start(const std::set<int>& blocking) {
  signal_child(pid_, SIGKILL);
  reap_children();
  text_.clear();
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail(Error::from_errno("pipe2"));
  answers_ = UniqueFd(ends[0]);
  const UniqueFd answers(ends[1]);
  const auto pid = fork_helper(
      "hangrate-scout", {answers.get()}, true, [&] { return run(answers.get(), blocking); },
      HelperRights::All);
  if (!pid) return fail(pid.error());
  pid_ = *pid;
  return {};
}

int Scout::run(int answers, const std::set<int>& blocking) const {
  prepare_fusectl_here();
  Scouting scouting(scope_, {blocking, place_.get()});
  Nanos next = now_ns();
  while (write_all(answers, dump_line(json_of(scouting.look())) + "\n", "a pipe")) {
    next = std::max(next + interval_, now_ns());
    while (now_ns() < next) pause_for(next - now_ns());
  }
  return 0;
}

std::optional<ScoutReport> Scout::next() {
  if (!await_line()) return std::nullopt;
  const std::size_t end = text_.find('\n');
  const std::string line = text_.substr(0, end);
  text_.erase(0, end + 1);
  return report_of(line);
}

/// False: its reader is where it was, or it has ended.
bool Scout::await_line() {
  unsigned steps = place_.steps();
  Nanos until = now_ns() + interval_ + kLongestStep;
  while (text_.find('\n') == text_.npos) {
    if (fill(until)) continue;
    if (place_.steps() == steps) return false;
    steps = place_.steps();
    until = now_ns() + kLongestStep;
  }
  return true;
}

bool Scout::fill(Nanos until) {
  pollfd look{.fd = answers_.get(), .events = POLLIN, .revents = 0};
  const Nanos left = until - now_ns();
  if (left <= 0) return false;
  const timespec limit = to_timespec(left);
  const int ready = ::ppoll(&look, 1, &limit, nullptr);
  if (ready <= 0) return ready < 0 && errno == EINTR;
  char piece[65536];
  const ssize_t bytes = ::read(answers_.get(), piece, sizeof piece);
  if (bytes <= 0) return false;
  text_.append(piece, static_cast<std::size_t>(bytes));
  return true;
}

}  // namespace hangrate
