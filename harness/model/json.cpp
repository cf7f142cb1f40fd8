// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/model/json.h"

#include "harness/model/gate_json.h"
#include "harness/model/json_fields.h"
#include "harness/model/stated_json.h"
#include "harness/model/trace_json.h"

// std::optional as null or value.
namespace nlohmann {
template <typename T>
struct adl_serializer<std::optional<T>> {
  template <typename BasicJson>
  static void to_json(BasicJson& json, const std::optional<T>& value) {
    if (value) {
      json = *value;
    } else {
      json = nullptr;
    }
  }
  template <typename BasicJson>
  static void from_json(const BasicJson& json, std::optional<T>& value) {
    if (json.is_null()) {
      value.reset();
    } else {
      value = json.template get<T>();
    }
  }
};
}  // namespace nlohmann

namespace hangrate {

NLOHMANN_JSON_SERIALIZE_ENUM(Expect, {{Expect::Affected, "affected"},
                                      {Expect::Always, "always"},
                                      {Expect::Never, "never"},
                                      {Expect::Lookalike, "lookalike"},
                                      {Expect::Measure, "measure"}})
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

NLOHMANN_JSON_SERIALIZE_ENUM(TraceMode, {{TraceMode::Off, "off"},
                                         {TraceMode::OnHit, "on-hit"},
                                         {TraceMode::Always, "always"},
                                         {TraceMode::Compare, "compare"}})

static void to_json(Json& json, const EndReason& reason) {
  json = end_name(reason);
}
static void from_json(const Json& json, EndReason& reason) {
  reason = end_reason_of(json.get<std::string>());
}

static void to_json(Json& json, const Rung& rung) {
  json = rung_name(rung);
}
static void from_json(const Json& json, Rung& rung) {
  // Up to schema 2 a lever might have a name of its own. A manifest of today may not: rungs_of().
  rung = rung_of(json.get<std::string>()).value_or(Rung::Lever);
}

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
HR_JSON(Signature, role, states, syscalls, frames, wchans, exiting, every_thread)
HR_JSON(Variant, name, summary, expect, signatures, own_place, ladder, trials, weight, tasks,
        patience_us, needs_root, widens, healthy_until_ms, reference_rate, worker_role)
HR_JSON(Param, name, help, fallback, choices, min, max)
HR_JSON(AffectedRange, from, to, note)
HR_JSON(VendorRange, vendor, base, flavour, from, to, source)
HR_JSON(Manifest, name, title, symptom, mechanism, invariant, lever, variants, params, affected,
        vendor_affected, history, references)
HR_JSON(PreemptModel, build, active, source)
HR_JSON(Capability, name, works, detail, remedy)
HR_JSON(Environment, release, version, signature, machine, cmdline, preempt, cpus, virtualization,
        root, cgroup_version, capabilities, build_note, reverted, sysctls)
HR_JSON(StopSpec, hits, until_excluded, budget, power_first)
HR_JSON(ArmFact, plan, delay_ns, tries, hits, near, off)
HR_JSON(ShotFact, plan, delay_ns)
HR_JSON(WarmFact, note, arms)
HR_JSON(WarmSource, of, release, preempt, repro, variant, params, arms)
HR_JSON(ReplayFact, of, release, trial, plan, delay_ns)
HR_JSON(CellSpec, repro, variant, params, first, search, trials, workers, seed, warm, replay,
        manifest)
HR_JSON(Measurement, name, value, unit)
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

HR_JSON(BatchRecord, cell, lane, worker, first, count, traced)
HR_JSON(MeasureRecord, cell, trial, rows)
HR_JSON(SkipRecord, cell, reason)
HR_JSON(NoteRecord, cell, text)
HR_JSON(HookFact, probe, hook, how, why_not)
HR_JSON(TraceSetup, mode, keep, refused, start, hooks)
HR_JSON(LeaseTime, trials, took)
HR_JSON(TraceCost, traced, untraced, events, overwritten, dropped, missed)
HR_JSON(SearchRecord, cell, arms)
HR_JSON(CellEndRecord, cell, reason, why, elapsed, load, trace, search)

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

/// Runs `read`, turning the library's exceptions into an Error.
template <typename T, typename Read>
Result<T> checked(const char* what, Read read) {
  try {
    return T(read());
  } catch (const nlohmann::json::exception& problem) {
    return fail(Error::usage(std::string("malformed ") + what + ": " + problem.what()));
  }
}

template <typename T>
std::optional<Record> record_as(const Json& json) {
  return Record(json.get<T>());
}

Result<std::optional<Record>> trial_from_json(const Json& json) {
  auto record = checked<TrialRecord>("record", [&] {
    return TrialRecord{.cell = json.at("cell").get<std::size_t>(),
                       .observation = {},
                       .verdict = json.at("verdict").get<Verdict>()};
  });
  if (!record) return fail(record.error());
  const auto seen = json.find("observation");
  if (seen == json.end()) return fail(Error::usage("malformed record: no observation"));
  auto observation = observation_from_json(*seen);
  if (!observation) return fail(observation.error());
  record->observation = std::move(*observation);
  return Record(std::move(*record));
}

}  // namespace

Json to_json_value(const Manifest& manifest) {
  Json json = manifest;
  json["schema"] = 1;
  return json;
}

Json to_json_value(const Environment& environment) {
  return environment;
}

Json to_json_value(const Verdict& verdict) {
  return verdict;
}

Json to_json_value(const ArmFact& arm) {
  return arm;
}

Json to_json_value(const ShotFact& shot) {
  return shot;
}

Json to_json_value(const WarmSource& source) {
  return source;
}

Json to_json_value(const TraceSetup& trace) {
  return trace;
}

Json to_json_value(const RunHeader& header) {
  Json json = {{"type", "run"},
               {"schema", header.schema},
               {"version", header.version},
               {"started", header.started},
               {"argv", header.argv},
               {"seed", header.seed},
               {"confidence", header.confidence},
               {"stop", header.stop},
               {"trace", header.trace},
               {"gate", header.gate},
               {"environment", header.environment},
               {"cells", header.cells}};
  if (!header.stated.empty()) json["expect"] = header.stated;
  return json;
}

Json to_json_value(const Observation& o) {
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
  if (o.trace) json["trace"] = to_json_value(*o.trace);
  return json;
}

Json to_json_value(const Record& record) {
  struct Visitor {
    static Json tagged(const char* type, const Json& fields) {
      Json json = {{"type", type}};
      json.update(fields);
      return json;
    }
    Json operator()(const BatchRecord& r) const { return tagged("batch", r); }
    Json operator()(const TrialRecord& r) const {
      return {{"type", "trial"},
              {"cell", r.cell},
              {"trial", r.observation.trial},
              {"verdict", r.verdict},
              {"observation", to_json_value(r.observation)}};
    }
    Json operator()(const MeasureRecord& r) const { return tagged("measure", r); }
    Json operator()(const SkipRecord& r) const { return tagged("skip", r); }
    Json operator()(const NoteRecord& r) const { return tagged("note", r); }
    Json operator()(const SearchRecord& r) const { return tagged("search", r); }
    Json operator()(const CellEndRecord& r) const { return tagged("cell_end", r); }
  };
  return std::visit(Visitor{}, record);
}

/// Copying and printing a value walk down its levels on the stack, so whoever nests enough of them
/// ends the program.
static bool too_deep(const std::string& text) {
  constexpr int kDeepest = 100;
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') quoted = !quoted;
    if (quoted && c == '\\') ++i;
    if (quoted) continue;
    if ((c == '[' || c == '{') && ++depth > kDeepest) return true;
    if (c == ']' || c == '}') --depth;
  }
  return false;
}

Result<Json> parse_json(const std::string& text) {
  if (too_deep(text)) {
    return fail(Error::usage("JSON nested too deeply: " + text.substr(0, 60)));
  }
  Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return fail(Error::usage("not JSON: " + text.substr(0, 60)));
  return json;
}

/// A rung nobody knows is no rung: what would climb it?
static Result<void> check_rungs(const Json& manifest) {
  if (!manifest.is_object()) return {};
  for (const Json& variant : manifest.value("variants", Json::array())) {
    if (!variant.is_object()) continue;
    for (const Json& rung : variant.value("ladder", Json::array())) {
      if (rung.is_string() && rung_of(rung.get<std::string>())) continue;
      return fail(Error::usage("malformed manifest: no rung " + rung.dump() +
                               "; there are: wait, stop-continue, lever, kill, fuse-abort, "
                               "peer-close"));
    }
  }
  return {};
}

Result<Manifest> manifest_from_json(const std::string& text) {
  auto json = parse_json(text);
  if (!json) return fail(json.error());
  HR_TRY(check_rungs(*json));
  return checked<Manifest>("manifest", [&] { return json->get<Manifest>(); });
}

Result<WarmSource> warm_source_from_json(const Json& json) {
  return checked<WarmSource>("arms of a search", [&] { return json.get<WarmSource>(); });
}

Result<RunHeader> header_from_json(const Json& json) {
  return checked<RunHeader>("journal header", [&] {
    RunHeader header;
    header.schema = json.at("schema").get<int>();
    header.version = json.value("version", "");
    header.started = json.value("started", "");
    header.argv = json.value("argv", std::vector<std::string>{});
    header.seed = json.value("seed", header.seed);
    header.trace = json.value("trace", TraceSetup{});
    header.confidence = json.value("confidence", header.confidence);
    header.stop = json.value("stop", StopSpec{});
    header.gate = json.value("gate", Gate{});
    header.environment = json.value("environment", Environment{});
    header.stated = json.value("expect", StatedExpectations{});
    for (const Json& cell : json.at("cells")) header.cells.push_back(cell.get<CellSpec>());
    return header;
  });
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

Result<std::optional<Record>> record_from_json(const Json& json) {
  const auto tag = json.is_object() ? json.find("type") : json.end();
  if (tag != json.end() && *tag == "trial") return trial_from_json(json);
  return checked<std::optional<Record>>("record", [&]() -> std::optional<Record> {
    const std::string type = json.at("type").get<std::string>();
    if (type == "batch") return record_as<BatchRecord>(json);
    if (type == "measure") return record_as<MeasureRecord>(json);
    if (type == "skip") return record_as<SkipRecord>(json);
    if (type == "note") return record_as<NoteRecord>(json);
    if (type == "search") return record_as<SearchRecord>(json);
    if (type == "cell_end") return record_as<CellEndRecord>(json);
    return std::nullopt;
  });
}

std::string dump_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string dump_pretty(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace hangrate
