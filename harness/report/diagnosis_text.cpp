// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/report/diagnosis_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "harness/report/known_bug_text.h"
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

std::string known_text(const std::vector<KnownBug>& bugs) {
  std::string text;
  for (const KnownBug& bug : bugs) {
    const char* before = "  known: ";
    for (const std::string& line : known_bug_lines(bug)) {
      text += before + safe_line(line) + "\n";
      before = "    ";
    }
  }
  return text;
}

std::string pipes_text(const WaitProof& proof, const std::vector<PipeFill>& pipes) {
  std::string text;
  for (const std::string& line : pipe_fill_lines(proof, pipes))
    text += "  " + safe_line(line) + "\n";
  return text;
}

void add(std::string& text, const char* what, const std::vector<StuckTask>& tasks) {
  for (const StuckTask& stuck : tasks) {
    text +=
        fmt::format("{}: {}\n  {}\n", what, safe_line(name_of(stuck.task)), safe_line(stuck.why));
    text += known_text(stuck.known);
  }
}

void add(std::string& text, const SpinningTask& spinner) {
  text +=
      fmt::format("spinning: {}\n  {}\n", safe_line(name_of(spinner.task)), safe_line(spinner.why));
  std::string stack;
  for (const std::string& function : spinner.stack)
    stack += (stack.empty() ? "" : " < ") + function;
  text += "  stack: " + (stack.empty() ? "not shown while it runs" : safe_line(stack)) + "\n";
}

}  // namespace

std::string diagnosis_text(const Diagnosis& diagnosis) {
  std::string text;
  for (const WaitProof& proof : diagnosis.proofs) {
    text += headline(proof);
    for (const std::string& line : proof.sentences) text += "  " + safe_line(line) + "\n";
    text += pipes_text(proof, diagnosis.pipes);
    text += "  cure: " + safe_line(proof.cure) + "\n" + known_text(proof.known);
  }
  add(text, "stuck", diagnosis.stuck);
  for (const SpinningTask& spinner : diagnosis.spinning) add(text, spinner);
  for (const Absence& absence : diagnosis.absent) {
    text += fmt::format("not seen: {}: {}\n", absence.source, safe_line(absence.reason));
  }
  const bool none =
      diagnosis.proofs.empty() && diagnosis.stuck.empty() && diagnosis.spinning.empty();
  text += fmt::format("{}{} tasks looked at in {:.0f} ms\n", none ? "nothing hangs: " : "",
                      diagnosis.looked_at, to_ms(diagnosis.took));
  return text;
}

}  // namespace hangrate
