// SPDX-License-Identifier: GPL-2.0-or-later
//
// A cell for programs; schema in results/schema/summary.schema.json.
#include "harness/report/cell_json.h"

#include <cmath>

#include "harness/model/json.h"
#include "harness/report/reason_text.h"
#include "harness/report/summary.h"
#include "harness/stats/observer_effect.h"

namespace hangrate {

namespace {

Json outcomes_of(const Tally& tally) {
  return {{"clean", tally.count(Outcome::Clean)},
          {"slow", tally.count(Outcome::Slow)},
          {"anomaly", tally.count(Outcome::Anomaly)},
          {"hang_match", tally.hits()},
          {"hang_other", tally.other_hangs()},
          {"skipped", tally.count(Outcome::Skipped)},
          {"infra", tally.count(Outcome::Infra)},
          {"inconclusive", tally.count(Outcome::Inconclusive)},
          {"lost_machine", tally.count(Outcome::LostMachine)},
          {"stuck", tally.count(Outcome::Stuck)}};
}

Json spread_ms(const Histogram& spans) {
  if (spans.count() == 0) return nullptr;
  return {{"p50", to_ms(spans.quantile(0.5))},
          {"p99", to_ms(spans.quantile(0.99))},
          {"max", to_ms(spans.max())}};
}

/// As in the journal, each reason with its words beside its code.
Json verdict_json(const Verdict& verdict) {
  Json json = to_json_value(verdict);
  for (const char* list : {"because", "hints"}) {
    const auto& reasons = std::string(list) == "because" ? verdict.because : verdict.hints;
    for (std::size_t i = 0; i < reasons.size(); ++i)
      json[list][i]["text"] = reason_text(reasons[i]);
  }
  return json;
}

Json kinds_of(const CellResult& result, const Environment& machine) {
  Json kinds = Json::array();
  for (const auto& [name, kind] : result.kinds()) {
    kinds.push_back({{"kind", name},
                     {"count", kind.count},
                     {"first_trial", kind.first.observation.trial},
                     {"verdict", verdict_json(kind.first.verdict)}});
    const ShotFact& shot = kind.first.observation.shot;
    if (!shot.plan.empty()) kinds.back()["shot"] = to_json_value(shot);
    const TrialRecord* traced = kind.with_trace();
    if (traced == nullptr) continue;
    if (Json explanation = explanation_json(*traced, machine); !explanation.is_null()) {
      kinds.back()["explanation"] = std::move(explanation);
    }
  }
  return kinds;
}

Json dispersion_of(const RateEstimate& estimate) {
  const DispersionResult& d = estimate.dispersion;
  return {{"tested", d.tested},
          {"z", d.z},
          {"p_value", d.p_value},
          {"intra_cluster_correlation", d.rho},
          {"design_effect", d.design_effect},
          {"overdispersed", d.overdispersed}};
}

Json measurements_of(const CellResult& result) {
  Json rows = Json::array();
  for (const Measurement& row : result.measurements()) {
    rows.push_back({{"name", row.name}, {"value", row.value}, {"unit", row.unit}});
  }
  return rows;
}

Json arm_of(const ArmTally& arm) {
  return {{"hits", arm.hits}, {"trials", arm.trials}};
}

Json number_or_null(std::optional<double> number) {
  return number && std::isfinite(*number) ? Json(*number) : Json(nullptr);
}

/// What being watched changes, null unless the run was made to tell.
Json observer_of(const CellSummary& cell) {
  if (!cell.compares) return nullptr;
  const auto effect = observer_effect(*cell.result, cell.estimate);
  if (!effect) return nullptr;
  const bool rated = effect->rate_ratio.has_value();
  const bool timed = effect->speed_ratio.has_value();
  return {{"traced", arm_of(effect->traced)},
          {"untraced", arm_of(effect->untraced)},
          {"rate_ratio", number_or_null(effect->rate_ratio)},
          {"low", rated ? number_or_null(effect->rate_interval.low) : Json(nullptr)},
          {"high", rated ? number_or_null(effect->rate_interval.high) : Json(nullptr)},
          {"widened_for_bursts", effect->widened},
          {"speed_ratio", number_or_null(effect->speed_ratio)},
          {"no_speed_ratio", timed ? Json(nullptr) : Json(effect->no_speed)},
          {"traced_timed", effect->traced_timed},
          {"untraced_timed", effect->untraced_timed},
          {"events_per_trial", effect->events_per_trial},
          {"ns_per_event", number_or_null(effect->ns_per_event)}};
}

/// How the recorder fared, null if it watched no trial.
Json recorder_of(const CellResult& result) {
  const TraceCost& cost = result.trace_cost();
  if (result.traced().attempted() == 0 && cost.events == 0) return nullptr;
  return {{"events", cost.events},
          {"overwritten", cost.overwritten},
          {"dropped", cost.dropped},
          {"missed", cost.missed}};
}

Json boots_of(const BootBound& bound) {
  return {{"boots", bound.boots},
          {"low", bound.interval.low},
          {"high", bound.interval.high},
          {"excluded_rate", bound.excluded_rate},
          {"rho", bound.rho},
          {"rho_source", rho_source_name(bound.source)},
          {"effective_trials", bound.effective_trials}};
}

/// What looked for the best aim, null without a search.
Json search_of(const CellSummary& cell) {
  const CellResult& result = *cell.result;
  const Tally& tally = result.search();
  if (cell.spec->search == 0) return nullptr;
  const std::vector<ArmFact> known = result.memory().arms();
  Json arms = Json::array();
  for (const ArmFact& arm : known) arms.push_back(to_json_value(arm));
  const auto best = best_arm(known);
  return {{"planned", cell.spec->search},
          {"trials", tally.conclusive()},
          {"attempted", tally.attempted()},
          {"hits", tally.hits()},
          {"anomalies", tally.anomalies()},
          {"outcomes", outcomes_of(tally)},
          {"best", best ? to_json_value(*best) : Json(nullptr)},
          {"arms", arms}};
}

Json replay_of(const CellSpec& spec) {
  if (!spec.replay) return nullptr;
  const ReplayFact& replay = *spec.replay;
  return {{"of", replay.of},
          {"release", replay.release},
          {"trial", replay.trial},
          {"shot", to_json_value(ShotFact{replay.plan, replay.delay_ns})}};
}

}  // namespace

Json load_json(const LoadFact& load) {
  if (load == LoadFact{}) return nullptr;
  return {{"queue", load.queue}, {"busy", load.busy}, {"steal", load.steal}};
}

Json cell_json(const CellSummary& cell) {
  const CellResult& result = *cell.result;
  const Environment machine = cell.environment != nullptr ? *cell.environment : Environment{};
  const RateEstimate& estimate = cell.estimate;
  return {{"repro", cell.spec->repro},
          {"variant", cell.spec->variant},
          {"params", cell.spec->params},
          {"workers", cell.spec->workers},
          {"seed", cell.spec->seed},
          {"trials", result.tally().conclusive()},
          {"attempted", result.tally().attempted()},
          {"hits", result.tally().hits()},
          {"anomalies", result.tally().anomalies()},
          {"outcomes", outcomes_of(result.tally())},
          {"rate",
           {{"point", estimate.point},
            {"low", estimate.interval.low},
            {"high", estimate.interval.high},
            {"confidence", estimate.confidence},
            {"unbiased_point", number_or_null(estimate.unbiased_point)},
            {"method", estimate.method}}},
          {"widened", cell.spec->widened()},
          {"search", search_of(cell)},
          {"replay", replay_of(*cell.spec)},
          {"dispersion", dispersion_of(estimate)},
          {"excluded_rate", cell.judgement.excluded_rate},
          {"over_boots", boots_of(cell.boots)},
          {"proof_ms", spread_ms(result.proof_time())},
          {"hit_cost_ms", spread_ms(result.hit_cost())},
          {"seconds", to_seconds(result.elapsed())},
          {"load", load_json(result.load())},
          {"trials_per_second", result.trials_per_second()},
          {"expectation", expectation_name(cell.expectation)},
          {"expectation_source", expectation_source_name(cell.expectation_source)},
          {"expectation_because", cell.expectation_because},
          {"verdict", cell_verdict_name(cell.judgement.verdict)},
          {"explanation", cell.explanation},
          {"stopped_by", end_name(result.end_reason())},
          {"skip_reason", result.skip_reason()},
          {"notes", result.notes()},
          {"notes_left_out", result.notes_left_out()},
          {"kinds_left_out", result.kinds_left_out()},
          {"possible_hits", cell.judgement.possible_hits},
          {"trials_needed", cell.judgement.needed},
          {"exit_code", cell.code},
          {"observer_effect", observer_of(cell)},
          {"recorder", recorder_of(result)},
          {"kinds", kinds_of(result, machine)},
          {"measurements", measurements_of(result)}};
}

Json kernel_json(const Summary& summary) {
  const Environment& e = summary.header->environment;
  const KernelIdentity& kernel = summary.kernel;
  const Json base = kernel.base ? Json(to_string(*kernel.base)) : Json(nullptr);
  const Json upstream = kernel.certainty == Certainty::Exact ? base : Json(nullptr);
  return {{"release", e.release},
          {"version", e.version},
          {"upstream", upstream},
          {"base", base},
          {"certainty", certainty_name(kernel.certainty)},
          {"vendor", kernel.vendor},
          {"preempt", e.preempt.active},
          {"preempt_build", e.preempt.build},
          {"preempt_source", e.preempt.source}};
}

}  // namespace hangrate
