// SPDX-License-Identifier: GPL-2.0-or-later
//
// JSON of what was seen of a trial, and of what was judged from it.
#include "harness/model/json_parts.h"
#include "harness/model/trace_json.h"

namespace hangrate {

NLOHMANN_JSON_SERIALIZE_ENUM(InvariantState, {{InvariantState::Unknown, "unknown"},
                                              {InvariantState::Holds, "holds"},
                                              {InvariantState::Broken, "broken"}})
NLOHMANN_JSON_SERIALIZE_ENUM(Effect, {{Effect::Unknown, "unknown"},
                                      {Effect::Freed, "freed"},
                                      {Effect::NotFreed, "not-freed"},
                                      {Effect::NotTried, "not-tried"}})
NLOHMANN_JSON_SERIALIZE_ENUM(ClimbNote, {{ClimbNote::None, ""},
                                         {ClimbNote::KillPending, "kill-pending"},
                                         {ClimbNote::NeitherSeen, "neither-seen"},
                                         {ClimbNote::NoAnswer, "no-answer"},
                                         {ClimbNote::NobodyToPull, "nobody-to-pull"},
                                         {ClimbNote::Refused, "refused"}})
NLOHMANN_JSON_SERIALIZE_ENUM(Ending, {{Ending::Finished, "finished"},
                                      {Ending::Freed, "freed"},
                                      {Ending::Abandoned, "abandoned"},
                                      {Ending::GivenUp, "given-up"},
                                      {Ending::WorkerDied, "worker-died"},
                                      {Ending::Interrupted, "interrupted"}})
NLOHMANN_JSON_SERIALIZE_ENUM(Outcome, {{Outcome::Inconclusive, "inconclusive"},
                                       {Outcome::Clean, "clean"},
                                       {Outcome::Anomaly, "anomaly"},
                                       {Outcome::Hang, "hang"},
                                       {Outcome::Slow, "slow"},
                                       {Outcome::Skipped, "skipped"},
                                       {Outcome::Infra, "infra"},
                                       {Outcome::LostMachine, "lost_machine"},
                                       {Outcome::Stuck, "stuck"}})
NLOHMANN_JSON_SERIALIZE_ENUM(SignatureMatch, {{SignatureMatch::NotApplicable, "not-applicable"},
                                              {SignatureMatch::Match, "match"},
                                              {SignatureMatch::Other, "other"}})
NLOHMANN_JSON_SERIALIZE_ENUM(HangWhere,
                             {{HangWhere::Thread, "thread"}, {HangWhere::Process, "process"}})
NLOHMANN_JSON_SERIALIZE_ENUM(HangWait, {{HangWait::Interruptible, "interruptible"},
                                        {HangWait::Uninterruptible, "uninterruptible"},
                                        {HangWait::Idle, "idle"},
                                        {HangWait::Mixed, "mixed"}})
NLOHMANN_JSON_SERIALIZE_ENUM(HangKill, {{HangKill::Untested, "untested"},
                                        {HangKill::Dies, "dies"},
                                        {HangKill::Survives, "survives"}})
NLOHMANN_JSON_SERIALIZE_ENUM(HangRescue, {{HangRescue::Untested, "untested"},
                                          {HangRescue::Freed, "freed"},
                                          {HangRescue::NotFreed, "not-freed"}})

static void to_json(Json& json, const Climb& climb) {
  json = {{"name", climb.rung},
          {"when", climb.when},
          {"took", climb.took},
          {"effect", climb.effect},
          {"note", climb.told.empty() ? Json(climb.note) : Json(climb.told)}};
  if (climb.cleanup) json["cleanup"] = true;
}
static void from_json(const Json& json, Climb& climb) {
  climb.rung = json.at("name").get<Rung>();
  const std::string name = json.value("name", "");
  climb.when = json.value("when", Nanos{0});
  climb.took = json.value("took", Nanos{0});
  climb.effect = json.value("effect", Effect::Unknown);
  climb.note = json.value("note", ClimbNote::None);
  const std::string note = json.value("note", "");
  if (climb.note == ClimbNote::None) climb.told = note;
  if (!rung_of(name)) climb.told = name + (note.empty() ? "" : ": " + note);
  climb.cleanup = json.value("cleanup", false);
}

static void to_json(Json& json, const Reason& reason) {
  json = {{"code", reason_name(reason.code)}};
  if (!reason.arguments.empty()) json["arguments"] = reason.arguments;
}
/// Journals up to schema 2 have a sentence instead. A code of a later version is kept as text.
static void from_json(const Json& json, Reason& reason) {
  if (json.is_string()) {
    reason = told(json.get<std::string>());
    return;
  }
  const auto code = reason_code_of(json.at("code").get<std::string>());
  reason =
      code ? Reason{*code, json.value("arguments", std::vector<std::string>{})} : told(json.dump());
}

HR_JSON(Absence, source, reason)
HR_JSON(TaskSample, role, pid, tid, victim, gone, flags, comm, started, switches, pending,
        shared_pending, tracer, wchan, syscall, syscall_name, stack, absent)
HR_JSON(FdWitness, role, fd, wanted, revents, queued, capacity)
HR_JSON(InvariantFinding, when, state, text)
HR_JSON(ShotFact, plan, delay_ns)
static void to_json(Json& json, const Verdict& verdict) {
  json = {{"outcome", verdict.outcome},
          {"signature", verdict.signature},
          {"where", verdict.where},
          {"wait", verdict.wait},
          {"kill", verdict.kill},
          {"rescue", verdict.rescue},
          {"freed_by", verdict.freed_by ? rung_name(*verdict.freed_by) : ""},
          {"rule", rule_text(verdict)},
          {"because", verdict.because},
          {"hints", verdict.hints}};
  if (verdict.misplaced) json["misplaced"] = true;
}
static void from_json(const Json& json, Verdict& verdict) {
  verdict.outcome = json.value("outcome", verdict.outcome);
  verdict.signature = json.value("signature", verdict.signature);
  verdict.where = json.value("where", verdict.where);
  verdict.wait = json.value("wait", verdict.wait);
  verdict.kill = json.value("kill", verdict.kill);
  verdict.rescue = json.value("rescue", verdict.rescue);
  verdict.misplaced = json.value("misplaced", false);
  verdict.freed_by = rung_of(json.value("freed_by", ""));
  const std::string rule = json.value("rule", "");
  verdict.rule = rule_of(rule);
  if (verdict.rule == Rule::Other) verdict.told_rule = rule;
  verdict.because = json.value("because", std::vector<Reason>{});
  verdict.hints = json.value("hints", std::vector<Reason>{});
}

namespace {

/// A sample set, with the one field the macro cannot do: the state letter as a string.
Json sample_set(const SampleSet& set) {
  Json tasks = Json::array();
  for (const TaskSample& task : set.tasks) {
    Json entry = task;
    entry["state"] = std::string(1, task.state);
    tasks.push_back(std::move(entry));
  }
  return {{"when", set.when},
          {"took", set.took},
          {"tasks", tasks},
          {"fds", set.fds},
          {"absent", set.absent}};
}

SampleSet sample_set_from(const Json& json) {
  SampleSet set;
  set.when = json.value("when", Nanos{0});
  set.took = json.value("took", Nanos{0});
  set.fds = json.value("fds", std::vector<FdWitness>{});
  set.absent = json.value("absent", std::vector<Absence>{});
  for (const Json& entry : json.value("tasks", Json::array())) {
    TaskSample task = entry.get<TaskSample>();
    const std::string state = entry.value("state", "?");
    task.state = state.empty() ? '?' : state.front();
    set.tasks.push_back(std::move(task));
  }
  return set;
}

Observation read_observation(const Json& json) {
  Observation o;
  o.repro = json.value("repro", "");
  o.variant = json.value("variant", "");
  o.trial = json.value("trial", o.trial);
  o.worker = json.value("worker", o.worker);
  o.lane = json.value("lane", o.lane);
  o.trial_start = json.value("trial_start", o.trial_start);
  o.wedge = json.value("wedge", o.wedge);
  o.opened = json.value("opened", o.opened);
  o.proven = json.value("proven", o.proven);
  o.ended = json.value("ended", o.ended);
  o.window = json.value("window", o.window);
  o.limit = json.value("limit", o.limit);
  o.slow_after = json.value("slow_after", o.slow_after);
  o.parked = json.value("parked", o.parked);
  o.phase = json.value("phase", "");
  o.climbs = json.value("rungs", std::vector<Climb>{});
  o.ending = json.value("ending", Ending::Finished);
  o.message = json.value("message", "");
  o.shot = json.value("shot", ShotFact{});
  o.traced = json.value("traced", false);
  for (const Json& round : json.value("rounds", Json::array())) {
    o.rounds.push_back({.before = sample_set_from(round.value("before", Json::object())),
                        .invariant = round.value("invariant", InvariantFinding{}),
                        .after = sample_set_from(round.value("after", Json::object()))});
  }
  return o;
}

}  // namespace

Json to_json_value(const Verdict& verdict) {
  return verdict;
}

Json to_json_value(const ShotFact& shot) {
  return shot;
}

Json evidence_json(const Observation& o) {
  Json rounds = Json::array();
  for (const Round& round : o.rounds) {
    rounds.push_back({{"before", sample_set(round.before)},
                      {"invariant", round.invariant},
                      {"after", sample_set(round.after)}});
  }
  Json json = {{"repro", o.repro},    {"variant", o.variant}, {"trial", o.trial},
               {"worker", o.worker},  {"lane", o.lane},       {"trial_start", o.trial_start},
               {"wedge", o.wedge},    {"opened", o.opened},   {"proven", o.proven},
               {"ended", o.ended},    {"window", o.window},   {"slow_after", o.slow_after},
               {"limit", o.limit},    {"parked", o.parked},   {"phase", o.phase},
               {"rounds", rounds},    {"rungs", o.climbs},    {"ending", o.ending},
               {"message", o.message}};
  if (!o.shot.plan.empty()) json["shot"] = o.shot;
  if (o.traced) json["traced"] = true;
  return json;
}

Json to_json_value(const Observation& o) {
  Json json = evidence_json(o);
  if (o.trace) json["trace"] = to_json_value(*o.trace);
  return json;
}

Result<Verdict> verdict_from_json(const Json& json) {
  return checked<Verdict>("record", [&] { return json.get<Verdict>(); });
}

Result<Observation> observation_from_json(const Json& json) {
  auto observation = checked<Observation>("observation", [&] { return read_observation(json); });
  if (!observation) return observation;
  const auto found = json.find("trace");
  if (found == json.end() || found->is_null()) return observation;
  auto trace = trace_from_json(*found);
  if (!trace) return fail(trace.error());
  observation->trace = std::move(*trace);
  return observation;
}

}  // namespace hangrate
