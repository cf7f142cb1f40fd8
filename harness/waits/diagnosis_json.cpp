// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/waits/diagnosis_json.h"

#include <algorithm>

#include "harness/model/json_fields.h"

namespace hangrate {

HR_JSON(TaskRef, pid, tid, comm, call, place)
HR_JSON(Absence, source, reason)
HR_JSON(FuseConnection, number, instance)

namespace {

Json task_json(const TaskRef& task) {
  Json json = task;
  json["state"] = std::string(1, task.state);
  return json;
}

TaskRef task_of(const Json& json) {
  TaskRef task = json.get<TaskRef>();
  const std::string state = json.value("state", "?");
  if (!state.empty()) task.state = state.front();
  return task;
}

Json tasks_json(const std::vector<StuckTask>& tasks) {
  Json all = Json::array();
  for (const StuckTask& stuck : tasks) {
    Json json = task_json(stuck.task);
    json["why"] = stuck.why;
    all.push_back(std::move(json));
  }
  return all;
}

std::vector<StuckTask> tasks_of(const Json& json) {
  std::vector<StuckTask> all;
  for (const Json& one : json) all.push_back({task_of(one), one.value("why", "")});
  return all;
}

/// "lost-wake-up"
std::string kind_word(ProofKind kind) {
  std::string word = proof_name(kind);
  std::replace(word.begin(), word.end(), ' ', '-');
  return word;
}

Json proof_json(const WaitProof& proof) {
  Json members = Json::array();
  for (const TaskRef& task : proof.members) members.push_back(task_json(task));
  return {{"kind", kind_word(proof.kind)},
          {"only_a_signal", proof.only_a_signal},
          {"members", std::move(members)},
          {"sentences", proof.sentences},
          {"cure", proof.cure},
          {"connections", proof.connections}};
}

WaitProof proof_of(const Json& json) {
  WaitProof proof;
  const std::string kind = json.value("kind", "");
  for (const ProofKind one : {ProofKind::LostWakeUp, ProofKind::Deadlock, ProofKind::Orphaned}) {
    if (kind == kind_word(one)) proof.kind = one;
  }
  proof.only_a_signal = json.value("only_a_signal", false);
  for (const Json& task : json.at("members")) proof.members.push_back(task_of(task));
  proof.cure = json.value("cure", "");
  proof.connections = json.value("connections", proof.connections);
  proof.sentences = json.at("sentences").get<std::vector<std::string>>();
  return proof;
}

}  // namespace

Json to_json_value(const Diagnosis& diagnosis) {
  Json proofs = Json::array();
  for (const WaitProof& proof : diagnosis.proofs) proofs.push_back(proof_json(proof));
  return {{"proofs", std::move(proofs)},
          {"stuck", tasks_json(diagnosis.stuck)},
          {"absent", diagnosis.absent},
          {"looked_at", diagnosis.looked_at},
          {"took", diagnosis.took}};
}

Result<Diagnosis> diagnosis_from_json(const Json& json) {
  try {
    Diagnosis diagnosis;
    for (const Json& proof : json.at("proofs")) diagnosis.proofs.push_back(proof_of(proof));
    diagnosis.stuck = tasks_of(json.at("stuck"));
    diagnosis.absent = json.at("absent").get<std::vector<Absence>>();
    diagnosis.looked_at = json.at("looked_at").get<std::size_t>();
    diagnosis.took = json.at("took").get<Nanos>();
    return diagnosis;
  } catch (const nlohmann::json::exception& problem) {
    return fail(Error::infrastructure(std::string("no diagnosis: ") + problem.what()));
  }
}

}  // namespace hangrate
