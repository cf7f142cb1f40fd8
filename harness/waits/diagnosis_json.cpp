// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/waits/diagnosis_json.h"

#include "harness/model/json_fields.h"

namespace hangrate {

HR_JSON(TaskRef, pid, tid, comm, call, place, exiting, stack)
HR_JSON(Absence, source, reason)
HR_JSON(FuseConnection, number, instance)
HR_JSON(WaitEdge, tid, need, object, descriptor, bytes, ready, releasers, unlisted)
HR_JSON(PipeFill, object, capacity, slots, queued)

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

Json known_json(const std::vector<KnownBug>& bugs) {
  Json all = Json::array();
  for (const KnownBug& bug : bugs) all.push_back(to_json_value(bug));
  return all;
}

Json tasks_json(const std::vector<StuckTask>& tasks) {
  Json all = Json::array();
  for (const StuckTask& stuck : tasks) {
    Json json = task_json(stuck.task);
    json["why"] = stuck.why;
    json["known"] = known_json(stuck.known);
    all.push_back(std::move(json));
  }
  return all;
}

std::vector<StuckTask> tasks_of(const Json& json) {
  std::vector<StuckTask> all;
  for (const Json& one : json) all.push_back({task_of(one), one.value("why", ""), {}});
  return all;
}

Json spinning_json(const std::vector<SpinningTask>& tasks) {
  Json all = Json::array();
  for (const SpinningTask& spinner : tasks) {
    Json json = task_json(spinner.task);
    json["why"] = spinner.why;
    json["kernel_time"] = spinner.kernel_time;
    json["seen_for"] = spinner.seen_for;
    json["stack"] = spinner.stack;
    all.push_back(std::move(json));
  }
  return all;
}

std::vector<SpinningTask> spinning_of(const Json& json) {
  std::vector<SpinningTask> all;
  for (const Json& one : json) {
    all.push_back({task_of(one), one.value("kernel_time", Nanos{}), one.value("seen_for", Nanos{}),
                   one.value("stack", std::vector<std::string>()), one.value("why", "")});
  }
  return all;
}

Json proof_json(const WaitProof& proof) {
  Json members = Json::array();
  Json others = Json::array();
  for (const TaskRef& task : proof.members) members.push_back(task_json(task));
  for (const TaskRef& task : proof.others) others.push_back(task_json(task));
  return {{"kind", proof_word(proof.kind)},
          {"only_a_signal", proof.only_a_signal},
          {"members", std::move(members)},
          {"sentences", proof.sentences},
          {"cure", proof.cure},
          {"connections", proof.connections},
          {"waits", proof.waits},
          {"others", std::move(others)},
          {"known", known_json(proof.known)}};
}

WaitProof proof_of(const Json& json) {
  WaitProof proof;
  const std::string kind = json.value("kind", "");
  for (const ProofKind one : {ProofKind::LostWakeUp, ProofKind::Deadlock, ProofKind::Orphaned}) {
    if (kind == proof_word(one)) proof.kind = one;
  }
  proof.only_a_signal = json.value("only_a_signal", false);
  for (const Json& task : json.at("members")) proof.members.push_back(task_of(task));
  proof.cure = json.value("cure", "");
  proof.connections = json.value("connections", proof.connections);
  proof.waits = json.at("waits").get<std::vector<WaitEdge>>();
  for (const Json& task : json.at("others")) proof.others.push_back(task_of(task));
  proof.sentences = json.at("sentences").get<std::vector<std::string>>();
  return proof;
}

}  // namespace

Json to_json_value(const Diagnosis& diagnosis) {
  Json proofs = Json::array();
  for (const WaitProof& proof : diagnosis.proofs) proofs.push_back(proof_json(proof));
  Json all = {{"proofs", std::move(proofs)},
              {"stuck", tasks_json(diagnosis.stuck)},
              {"spinning", spinning_json(diagnosis.spinning)},
              {"pipes", diagnosis.pipes},
              {"absent", diagnosis.absent},
              {"looked_at", diagnosis.looked_at},
              {"took", diagnosis.took}};
  for (const TaskRef& task : diagnosis.unmoved) all["unmoved"].push_back(task_json(task));
  return all;
}

Result<Diagnosis> diagnosis_from_json(const Json& json) {
  try {
    Diagnosis diagnosis;
    for (const Json& proof : json.at("proofs")) diagnosis.proofs.push_back(proof_of(proof));
    diagnosis.stuck = tasks_of(json.at("stuck"));
    diagnosis.pipes = json.at("pipes").get<std::vector<PipeFill>>();
    diagnosis.spinning = spinning_of(json.value("spinning", Json::array()));
    for (const Json& task : json.value("unmoved", Json::array())) {
      diagnosis.unmoved.push_back(task_of(task));
    }
    diagnosis.absent = json.at("absent").get<std::vector<Absence>>();
    diagnosis.looked_at = json.at("looked_at").get<std::size_t>();
    diagnosis.took = json.at("took").get<Nanos>();
    return diagnosis;
  } catch (const nlohmann::json::exception& problem) {
    return fail(Error::infrastructure(std::string("no diagnosis: ") + problem.what()));
  }
}

}  // namespace hangrate
