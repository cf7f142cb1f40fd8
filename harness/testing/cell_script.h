// SPDX-License-Identifier: GPL-2.0-or-later
//
// Event scripts: what the machine of a cell was told in a real run, a JSON object for each event,
// with what it answers. The first line is the header of the run. Traces are left out.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/file.h"
#include "harness/cell/cell.h"
#include "harness/model/json.h"
#include "harness/testing/action_text.h"

namespace hangrate::testing {

/// Samples, as the one look of an observation.
inline Json samples_json(const SampleSet& samples) {
  Observation o;
  o.rounds = {{.before = samples, .invariant = {}, .after = {}}};
  return to_json_value(o)["rounds"][0]["before"];
}

inline SampleSet samples_from(const Json& json) {
  Json o = to_json_value(Observation{});
  o["rounds"] = Json::array({{{"before", json}}});
  const auto observation = observation_from_json(o);
  return observation ? observation->rounds.at(0).before : SampleSet{};
}

inline Json sight_json(const Sight& s) {
  return {{"state", static_cast<int>(s.state)},
          {"answered", s.answered},
          {"unsettled", s.unsettled},
          {"last_sent", s.last_sent},
          {"done", s.done},
          {"trial", s.trial},
          {"trial_start", s.trial_start},
          {"released", s.released},
          {"wedge", s.wedge},
          {"phase", s.phase},
          {"invariant", {s.invariant.when, static_cast<int>(s.invariant.state), s.invariant.text}},
          {"pulled", s.pulled},
          {"outcome", static_cast<int>(s.outcome)},
          {"message", s.message}};
}

inline Sight sight_from(const Json& json) {
  Sight s;
  s.state = static_cast<WorkerIs>(json["state"].get<int>());
  s.answered = json["answered"];
  s.unsettled = json["unsettled"];
  s.last_sent = json["last_sent"];
  s.done = json["done"];
  s.trial = json["trial"];
  s.trial_start = json["trial_start"];
  s.released = json["released"];
  s.wedge = json["wedge"];
  s.phase = json["phase"];
  const Json& invariant = json["invariant"];
  s.invariant = {invariant[0], static_cast<InvariantState>(invariant[1].get<int>()), invariant[2]};
  s.pulled = json["pulled"];
  s.outcome = static_cast<Outcome>(json["outcome"].get<int>());
  s.message = json["message"];
  return s;
}

struct EventJson {
  Json operator()(const Looked& e) const { return {{"looked", sight_json(e.sight)}}; }
  Json operator()(const Saw& e) const { return {{"saw", sight_json(e.sight)}}; }
  Json operator()(const WorkerEnded& e) const {
    return {{"ended", sight_json(e.sight)}, {"how", e.how}, {"at_birth", e.killed_at_birth}};
  }
  Json operator()(const Sampled& e) const { return {{"sampled", samples_json(e.samples)}}; }
  Json operator()(const Poked&) const { return {{"poked", true}}; }
  Json operator()(const NamedForeign& e) const { return {{"foreign", e.pids}}; }
  Json operator()(const OfWorker& e) const {
    Json json = std::visit(*this, e.event);
    json["worker"] = e.worker;
    return json;
  }
  Json operator()(const Began&) const { return {{"began", true}}; }
  Json operator()(const Started& e) const {
    return {{"started", e.worker}, {"lane", e.lane}, {"pid", e.pid}, {"at", e.at}};
  }
  Json operator()(const NotStarted& e) const { return {{"not_started", e.why}}; }
  Json operator()(const Woke& e) const { return {{"woke", e.leftovers}}; }
  Json operator()(const Interrupted&) const { return {{"interrupted", true}}; }
  Json operator()(const Closed&) const { return {{"closed", true}}; }
  Json operator()(const Measured&) const { return {{"measured", true}}; }
  template <typename E>
  Json operator()(const E&) const {
    return Json::object();
  }
};

inline std::optional<SeatEvent> seat_event_from(const Json& json) {
  if (json.contains("looked")) return Looked{sight_from(json["looked"])};
  if (json.contains("saw")) return Saw{sight_from(json["saw"])};
  if (json.contains("ended")) {
    return WorkerEnded{json["how"], json["at_birth"], sight_from(json["ended"])};
  }
  if (json.contains("sampled")) return Sampled{samples_from(json["sampled"])};
  if (json.contains("poked")) return Poked{};
  if (json.contains("foreign")) return NamedForeign{json["foreign"].get<std::vector<int>>()};
  return std::nullopt;
}

inline std::optional<CellEvent> event_from(const Json& json) {
  if (json.contains("worker")) {
    const auto event = seat_event_from(json);
    if (!event) return std::nullopt;
    return OfWorker{json["worker"], *event};
  }
  if (json.contains("began")) return Began{};
  if (json.contains("started"))
    return Started{json["started"], json["lane"], json["pid"], json.value("at", Nanos{0})};
  if (json.contains("not_started")) return NotStarted{json["not_started"]};
  if (json.contains("woke")) return Woke{json["woke"]};
  if (json.contains("interrupted")) return Interrupted{};
  if (json.contains("closed")) return Closed{};
  if (json.contains("measured")) return Measured{};
  return std::nullopt;
}

struct ScriptLine {
  Nanos at = 0;
  CellEvent event;
  std::vector<std::string> answers;
};

/// A cell that is told a script.
class ScriptedCell {
 public:
  ScriptedCell(const RunHeader& header, Nanos start)
      : spec_(header.cells.at(0)),
        result_(spec_),
        cell_({.cell = 0, .spec = spec_, .rule = {.hits = header.stop.hits}}, slowness_, result_,
              start) {}
  std::vector<std::string> tell(const CellEvent& event, Nanos at) {
    return texts_of(cell_.next(event, at));
  }
  const CellResult& result() const { return result_; }
  EndReason end_reason() const { return cell_.end_reason(); }

 private:
  const CellSpec spec_;
  CellResult result_;
  Slowness slowness_;
  Cell cell_;
};

struct Script {
  RunHeader header;
  std::vector<ScriptLine> lines;

  static std::optional<Script> from(const std::string& text) {
    Script script;
    bool first = true;
    for (const std::string& line : split(text, '\n')) {
      const auto json = parse_json(line);
      if (!json) continue;
      if (std::exchange(first, false)) {
        auto header = header_from_json(*json);
        if (!header) return std::nullopt;
        script.header = std::move(*header);
        continue;
      }
      auto event = event_from(*json);
      if (!event) return std::nullopt;
      script.lines.push_back(
          {(*json)["at"], std::move(*event), (*json)["answers"].get<std::vector<std::string>>()});
    }
    return script;
  }

  /// What the machine answers to these events now is what the script says.
  std::string text() const {
    ScriptedCell cell(header, lines.empty() ? 0 : lines[0].at);
    std::string text = dump_line(to_json_value(header)) + '\n';
    for (const ScriptLine& line : lines) {
      Json json = std::visit(EventJson{}, line.event);
      json["at"] = line.at;
      json["answers"] = cell.tell(line.event, line.at);
      text += dump_line(json) + '\n';
    }
    return text;
  }
};

/// Variants of the fake whose runs are recorded in harness/testing/scripts.
inline const std::vector<std::string>& recorded_variants() {
  static const std::vector<std::string> names = {"clean",   "lost-wakeup", "slow", "crashes",
                                                 "anomaly", "fails",       "exits"};
  return names;
}

/// Such a name as GoogleTest takes it.
inline std::string plain_name(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

}  // namespace hangrate::testing
