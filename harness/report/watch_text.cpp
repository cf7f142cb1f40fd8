// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/report/watch_text.h"

#include <map>
#include <set>

#include <fmt/format.h>

#include "harness/base/text.h"
#include "harness/report/safe_text.h"
#include "harness/waits/diagnosis_json.h"
#include "harness/waits/wait_words.h"

namespace hangrate {

namespace {

constexpr int kError = 3;  // of syslog(3)
constexpr int kWarning = 4;
constexpr int kNotice = 5;
constexpr int kInfo = 6;
constexpr int kSchema = 1;

std::string pids_of(const WaitProof& proof) {
  std::set<int> pids;
  for (const TaskRef& task : proof.members) pids.insert(task.pid);
  std::string text;
  for (const int pid : pids) text += (text.empty() ? "" : " ") + std::to_string(pid);
  return text;
}

std::string command(const std::string& pids) {
  return "hangrate diagnose " + pids;
}

/// "descriptors of 43 processes (Permission denied), locks (...)": many of a kind are one.
std::string absent_words(const std::vector<Absence>& absent) {
  std::map<std::pair<std::string, std::string>, int> kinds;
  constexpr std::string_view kOne = "descriptors of process";
  for (const Absence& absence : absent) {
    const bool one = absence.source.starts_with(kOne);
    ++kinds[{one ? std::string(kOne) : absence.source, absence.reason}];
  }
  std::string text;
  for (const auto& [kind, count] : kinds) {
    const std::string what = kind.first == kOne ? fmt::format("descriptors of {} process{}", count,
                                                              count == 1 ? "" : "es")
                                                : kind.first;
    text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", what, kind.second);
  }
  return text;
}

std::string unseen_words(const watched::Begun& begun) {
  if (!begun.all_shown) {
    return "; not all processes of the machine are shown here (pid namespace, hidepid), so nothing "
           "can be proven";
  }
  const std::string absent = absent_words(begun.absent);
  return absent.empty() ? "" : "; what may be held there is never proven: not seen: " + absent;
}

std::string seconds(Nanos span) {
  return fmt::format("{:.0f} s", to_seconds(span));
}

struct LineOf {
  Nanos now;
  using Told = std::optional<WatchLine>;

  Told operator()(const watched::Begun& begun) const {
    return WatchLine{kInfo, fmt::format("watching {} tasks{}", begun.tasks, unseen_words(begun))};
  }
  Told operator()(const watched::Hang& told) const {
    const WaitProof& proof = told.hang.proof;
    const std::string pids = pids_of(proof);
    const std::size_t more = proof.sentences.size() - 1;
    const Nanos age = now - told.hang.since;
    return WatchLine{kError,
                     fmt::format("hang {}: {}: {}{}{}; pids {}; look closer: {}", told.hang.id,
                                 proof_name(proof.kind), proof.sentences.front(),
                                 more == 0 ? "" : fmt::format(" (and {} more)", more),
                                 age < kSecond ? "" : "; stands for at least " + seconds(age), pids,
                                 command(pids))};
  }
  Told operator()(const watched::HangOver& told) const {
    return WatchLine{kNotice,
                     fmt::format("hang {} is over after {}: pids {}", told.hang.id,
                                 seconds(now - told.hang.since), pids_of(told.hang.proof))};
  }
  Told operator()(const watched::Spinning& told) const {
    return WatchLine{kWarning, fmt::format("spinning {}: {}: {}; look closer: {}", told.id,
                                           name_of(told.task.task), told.task.why,
                                           command(std::to_string(told.task.task.pid)))};
  }
  Told operator()(const watched::SpinningOver& told) const {
    return WatchLine{kNotice,
                     fmt::format("spinning {} is over: {}", told.id, name_of(told.task.task))};
  }
  Told operator()(const watched::Trouble& trouble) const {
    return WatchLine{kWarning, trouble.what};
  }
  Told operator()(const watched::Gone& gone) const {
    return WatchLine{kWarning, "nothing is left to look at: " + gone.what};
  }
  Told operator()(const watched::Looked&) const { return std::nullopt; }
};

Json of_kind(const char* event, double time) {
  return {{"schema", kSchema}, {"event", event}, {"time", time}};
}

Json with_hang(Json json, const ToldHang& hang, Nanos now) {
  Diagnosis one;
  one.proofs = {hang.proof};
  json["id"] = hang.id;
  json["age"] = now - hang.since;
  json["proof"] = to_json_value(one).at("proofs").at(0);
  return json;
}

Json with_spinner(Json json, int id, const SpinningTask& task) {
  Diagnosis one;
  one.spinning = {task};
  json["id"] = id;
  json["task"] = to_json_value(one).at("spinning").at(0);
  return json;
}

struct JsonOf {
  Nanos now;
  double time;
  using Told = std::optional<Json>;

  Told operator()(const watched::Begun& begun) const {
    Json json = of_kind("begun", time);
    json["tasks"] = begun.tasks;
    json["all_shown"] = begun.all_shown;
    Diagnosis one;
    one.absent = begun.absent;
    json["absent"] = to_json_value(one).at("absent");
    return json;
  }
  Told operator()(const watched::Hang& told) const {
    Json json = with_hang(of_kind("hang", time), told.hang, now);
    json["command"] = command(pids_of(told.hang.proof));
    return json;
  }
  Told operator()(const watched::HangOver& told) const {
    return with_hang(of_kind("hang-over", time), told.hang, now);
  }
  Told operator()(const watched::Spinning& told) const {
    Json json = with_spinner(of_kind("spinning", time), told.id, told.task);
    json["command"] = command(std::to_string(told.task.task.pid));
    return json;
  }
  Told operator()(const watched::SpinningOver& told) const {
    return with_spinner(of_kind("spinning-over", time), told.id, told.task);
  }
  Told operator()(const watched::Trouble& trouble) const {
    Json json = of_kind("trouble", time);
    json["what"] = trouble.what;
    return json;
  }
  Told operator()(const watched::Gone& gone) const {
    Json json = of_kind("gone", time);
    json["what"] = gone.what;
    return json;
  }
  Told operator()(const watched::Looked&) const { return std::nullopt; }
};

}  // namespace

std::optional<WatchLine> watch_line(const WatchEvent& event, Nanos now) {
  auto line = std::visit(LineOf{now}, event);
  if (line) line->text = safe_line(line->text);
  return line;
}

WatchLine missed_line(int count) {
  return {
      kError,
      fmt::format("{} more not told in time; those that stand are told as there is room", count)};
}

std::optional<Json> watch_json(const WatchEvent& event, Nanos now, double time) {
  return std::visit(JsonOf{now, time}, event);
}

Json missed_json(int count, double time) {
  Json json = of_kind("missed", time);
  json["count"] = count;
  return json;
}

}  // namespace hangrate
