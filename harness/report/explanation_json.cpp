// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/classify/explain.h"
#include "harness/report/cell_json.h"
#include "harness/report/explanation_text.h"

namespace hangrate {

namespace {

Json statements_json(const std::vector<Statement>& statements) {
  Json list = Json::array();
  for (const Statement& statement : statements) {
    list.push_back({{"text", statement.text}, {"events", statement.events}});
  }
  return list;
}

}  // namespace

Json explanation_json(const TrialRecord& trial, const Environment& machine) {
  const Explanation explanation = explain(trial.observation, trial.verdict, machine);
  if (explanation.empty()) return nullptr;
  Json causes = Json::array();
  for (const Cause& cause : explanation.causes) {
    causes.push_back({{"name", cause.name},
                      {"paragraph", paragraph_of(cause)},
                      {"statements", statements_json(cause.statements)}});
  }
  Json timeline = Json::array();
  for (const TimelineLine& line : explanation.timeline) {
    timeline.push_back({{"event", line.event},
                        {"at_ns", line.at},
                        {"cpu", line.cpu},
                        {"who", line.who},
                        {"text", line.text}});
  }
  return {{"trial", trial.observation.trial},
          {"causes", causes},
          {"chain", statements_json(explanation.chain)},
          {"timeline", timeline},
          {"left_out", explanation.left_out},
          {"limits", explanation.notes}};
}

}  // namespace hangrate
