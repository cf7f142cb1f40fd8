// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/model/json.h"

#include "harness/model/gate_json.h"
#include "harness/model/json_parts.h"
#include "harness/model/stated_json.h"

namespace hangrate {

NLOHMANN_JSON_SERIALIZE_ENUM(Expect, {{Expect::Affected, "affected"},
                                      {Expect::Always, "always"},
                                      {Expect::Never, "never"},
                                      {Expect::Lookalike, "lookalike"},
                                      {Expect::Measure, "measure"}})
NLOHMANN_JSON_SERIALIZE_ENUM(PipeShape, {{PipeShape::Any, "any"},
                                         {PipeShape::RoomInOneSlot, "room-in-one-slot"},
                                         {PipeShape::NoRoom, "no-room"}})
NLOHMANN_JSON_SERIALIZE_ENUM(ProofKind, {{ProofKind::LostWakeUp, proof_word(ProofKind::LostWakeUp)},
                                         {ProofKind::Deadlock, proof_word(ProofKind::Deadlock)},
                                         {ProofKind::Orphaned, proof_word(ProofKind::Orphaned)}})
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

HR_JSON(Signature, role, states, syscalls, frames, wchans, exiting, every_thread)
HR_JSON(WaitShape, proofs, pipe, releasers_exit, by_place)
HR_JSON(Variant, name, summary, expect, signatures, own_place, shape, ladder, trials, weight, tasks,
        patience_us, needs_root, widens, healthy_until_ms, runs_for_ms, reference_rate, worker_role)
HR_JSON(Param, name, help, fallback, choices, min, max)
HR_JSON(AffectedRange, from, to, note, unknown)
HR_JSON(VendorRange, vendor, base, flavour, from, to, source)
HR_JSON(Manifest, name, exec, programs, time_limit_s, hit_exit, loops, match, title, symptom,
        mechanism, invariant, lever, variants, params, affected, vendor_affected, history,
        references)
HR_JSON(PreemptModel, build, active, source)
HR_JSON(Capability, name, works, detail, remedy)
HR_JSON(Environment, release, version, signature, machine, cmdline, preempt, cpus, virtualization,
        root, cgroup_version, capabilities, build_note, reverted, sysctls)
HR_JSON(StopSpec, hits, until_excluded, budget, power_first)
HR_JSON(ArmFact, plan, delay_ns, tries, hits, near, off)
HR_JSON(WarmFact, note, arms)
HR_JSON(WarmSource, of, release, preempt, repro, variant, params, arms)
HR_JSON(ReplayFact, of, release, trial, plan, delay_ns)
HR_JSON(CellSpec, repro, variant, params, first, search, trials, workers, seed, warm, replay,
        manifest)
HR_JSON(Measurement, name, value, unit)
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

template <typename T>
std::optional<Record> record_as(const Json& json) {
  return Record(json.get<T>());
}

Result<std::optional<Record>> trial_from_json(const Json& json) {
  const auto cell = checked<std::size_t>("record", [&] { return json.at("cell"); });
  if (!cell) return fail(cell.error());
  auto verdict = verdict_from_json(json.value("verdict", Json()));
  if (!verdict) return fail(verdict.error());
  const auto seen = json.find("observation");
  if (seen == json.end()) return fail(Error::usage("malformed record: no observation"));
  auto observation = observation_from_json(*seen);
  if (!observation) return fail(observation.error());
  return Record(TrialRecord{*cell, std::move(*observation), std::move(*verdict)});
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

Json to_json_value(const ArmFact& arm) {
  return arm;
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
              {"verdict", to_json_value(r.verdict)},
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

}  // namespace hangrate
