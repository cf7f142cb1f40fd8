// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/report/diagnosis_text.h"

#include <fmt/format.h>

#include "harness/report/safe_text.h"
#include "harness/waits/wait_words.h"

namespace hangrate {

namespace {

std::string headline(const WaitProof& proof) {
  const std::string tasks =
      proof.members.size() == 1 ? "1 task" : fmt::format("{} tasks", proof.members.size());
  if (proof.only_a_signal) {
    return fmt::format("stuck: {}, {}: only a signal could help\n", proof_name(proof.kind), tasks);
  }
  return fmt::format("hang: {}, {}\n", proof_name(proof.kind), tasks);
}

void add(std::string& text, const char* what, const std::vector<StuckTask>& tasks) {
  for (const StuckTask& stuck : tasks) {
    text +=
        fmt::format("{}: {}\n  {}\n", what, safe_line(name_of(stuck.task)), safe_line(stuck.why));
  }
}

}  // namespace

std::string diagnosis_text(const Diagnosis& diagnosis) {
  std::string text;
  for (const WaitProof& proof : diagnosis.proofs) {
    text += headline(proof);
    for (const std::string& line : proof.sentences) text += "  " + safe_line(line) + "\n";
    text += "  cure: " + safe_line(proof.cure) + "\n";
  }
  add(text, "stuck", diagnosis.stuck);
  for (const Absence& absence : diagnosis.absent) {
    text += fmt::format("not seen: {}: {}\n", absence.source, safe_line(absence.reason));
  }
  const bool none = diagnosis.proofs.empty() && diagnosis.stuck.empty();
  text += fmt::format("{}{} tasks looked at in {:.0f} ms\n", none ? "nothing hangs: " : "",
                      diagnosis.looked_at, to_ms(diagnosis.took));
  return text;
}

}  // namespace hangrate
