// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/waits/hang_book.h"

#include <algorithm>
#include <iterator>

namespace hangrate {

namespace {

bool is_of(const WaitProof& proof, int tid) {
  return std::any_of(proof.members.begin(), proof.members.end(),
                     [&](const TaskRef& task) { return task.tid == tid; });
}

bool overlap(const WaitProof& a, const WaitProof& b) {
  return std::any_of(a.members.begin(), a.members.end(),
                     [&](const TaskRef& task) { return is_of(b, task.tid); });
}

/// Proven still, or at least not seen to go on.
bool stands(const ToldHang& hang, const Diagnosis& seen) {
  return std::any_of(seen.proofs.begin(), seen.proofs.end(),
                     [&](const WaitProof& proof) { return overlap(hang.proof, proof); }) ||
         std::any_of(seen.stuck.begin(), seen.stuck.end(),
                     [&](const StuckTask& stuck) { return is_of(hang.proof, stuck.task.tid); });
}

}  // namespace

std::vector<ToldHang> HangBook::end(const Diagnosis& seen, const std::set<int>* moved) {
  const auto still = [&](const ToldHang& hang) {
    if (stands(hang, seen)) return true;
    return moved != nullptr && std::none_of(moved->begin(), moved->end(),
                                            [&](int tid) { return is_of(hang.proof, tid); });
  };
  const auto over = std::stable_partition(told_.begin(), told_.end(), still);
  std::vector<ToldHang> ended(std::make_move_iterator(over), std::make_move_iterator(told_.end()));
  told_.erase(over, told_.end());
  return ended;
}

bool HangBook::known(const WaitProof& proof) const {
  return std::any_of(told_.begin(), told_.end(),
                     [&](const ToldHang& hang) { return overlap(hang.proof, proof); });
}

std::set<int> HangBook::tasks() const {
  std::set<int> tids;
  for (const ToldHang& hang : told_) {
    for (const TaskRef& task : hang.proof.members) tids.insert(task.tid);
  }
  return tids;
}

bool HangBook::holds(const std::vector<int>& tids) const {
  return std::any_of(tids.begin(), tids.end(), [&](int tid) {
    return std::any_of(told_.begin(), told_.end(),
                       [&](const ToldHang& hang) { return is_of(hang.proof, tid); });
  });
}

}  // namespace hangrate
