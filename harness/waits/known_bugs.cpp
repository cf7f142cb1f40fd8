// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/waits/known_bugs.h"

#include <algorithm>
#include <set>

#include "harness/judge/assess.h"

namespace hangrate {

namespace {

TaskSample sample_of(const TaskRef& task) {
  TaskSample sample;
  sample.pid = task.pid;
  sample.tid = task.tid;
  sample.state = task.state;
  sample.flags = task.exiting ? kFlagExiting : 0;
  sample.syscall_name = task.call;
  sample.wchan = task.place;
  sample.stack = task.stack;
  return sample;
}

bool fits(const TaskRef& task, const Signature& signature) {
  return fit_of(sample_of(task), signature) == Fit::Yes;
}

bool could_write(const PipeFill& pipe, const WaitEdge& edge) {
  return pipe.slots == 1 && edge.bytes > 0 && pipe.queued < pipe.capacity &&
         edge.bytes <= static_cast<std::uint64_t>(pipe.capacity - pipe.queued);
}

/// A proof, and the shape of a variant held against it.
class ShapeMatch {
 public:
  ShapeMatch(const WaitProof& proof, const std::vector<PipeFill>& pipes, const Variant& variant)
      : proof_(proof), pipes_(pipes), variant_(variant) {}

  bool holds() {
    const std::vector<ProofKind>& kinds = variant_.shape.proofs;
    const bool of_its_kind = std::find(kinds.begin(), kinds.end(), proof_.kind) != kinds.end();
    return of_its_kind && !variant_.signatures.empty() && assign(0);
  }

 private:
  /// Gives each signature from `index` on a task of its own.
  bool assign(std::size_t index) {
    if (index == variant_.signatures.size()) return true;
    for (const TaskRef& task : proof_.members) {
      if (taken_.contains(task.tid) || !fits(task, variant_.signatures[index])) continue;
      if (index == 0 && !may_be_the_victim(task.tid)) continue;
      taken_.insert(task.tid);
      if (assign(index + 1)) return true;
      taken_.erase(task.tid);
    }
    return false;
  }

  bool may_be_the_victim(int tid) const {
    const bool lost = proof_.kind == ProofKind::LostWakeUp;
    if (lost && !has_edge(tid, [](const WaitEdge& edge) { return edge.ready; })) return false;
    if (variant_.shape.releasers_exit && !releasers_exit(tid)) return false;
    if (variant_.shape.pipe == PipeShape::Any) return true;
    const bool wanted = variant_.shape.pipe == PipeShape::RoomInOneSlot;
    return has_edge(tid, [&](const WaitEdge& edge) {
      const PipeFill* pipe = pipe_of(edge);
      return pipe != nullptr && could_write(*pipe, edge) == wanted;
    });
  }

  bool releasers_exit(int tid) const {
    return !has_edge(tid, [&](const WaitEdge& edge) {
      return edge.unlisted != 0 ||
             std::any_of(edge.releasers.begin(), edge.releasers.end(),
                         [&](int other) { return other != tid && !exits(other); });
    });
  }

  bool exits(int tid) const {
    for (const std::vector<TaskRef>* tasks : {&proof_.members, &proof_.others}) {
      for (const TaskRef& task : *tasks) {
        if (task.tid == tid) return task.exiting;
      }
    }
    return false;
  }

  template <typename Test>
  bool has_edge(int tid, Test test) const {
    return std::any_of(proof_.waits.begin(), proof_.waits.end(),
                       [&](const WaitEdge& edge) { return edge.tid == tid && test(edge); });
  }

  const PipeFill* pipe_of(const WaitEdge& edge) const {
    for (const PipeFill& pipe : pipes_) {
      if (pipe.object == edge.object) return &pipe;
    }
    return nullptr;
  }

  const WaitProof& proof_;
  const std::vector<PipeFill>& pipes_;
  const Variant& variant_;
  std::set<int> taken_;
};

KnownBug bug_of(const Manifest& manifest, const Variant& variant, const KernelIdentity& kernel) {
  KnownBug bug;
  bug.repro = manifest.name;
  bug.variant = variant.name;
  bug.title = manifest.title;
  bug.summary = variant.summary;
  bug.kernel = to_string(kernel);
  bug.here = expectation_of(manifest, variant, kernel);
  bug.affected = manifest.affected;
  bug.history = manifest.history;
  bug.lever = manifest.lever;
  return bug;
}

const Variant* best_of(const Manifest& manifest, const WaitProof& proof,
                       const std::vector<PipeFill>& pipes) {
  const Variant* best = nullptr;
  for (const Variant& variant : manifest.variants) {
    if (!ShapeMatch(proof, pipes, variant).holds()) continue;
    if (best == nullptr || variant.signatures.size() > best->signatures.size()) best = &variant;
  }
  return best;
}

std::vector<std::string> lookalikes_of(const Manifest& manifest, const TaskRef& task) {
  std::vector<std::string> all;
  for (const Variant& variant : manifest.variants) {
    if (variant.expect != Expect::Lookalike || variant.own_place.empty()) continue;
    if (fits(task, variant.own_place.front())) {
      all.push_back(variant.name + ": " + variant.summary);
    }
  }
  return all;
}

/// Further down a stack its functions are those of whoever holds a lock there, too.
bool stands_in_place_of(const TaskRef& task, const Variant& variant) {
  if (variant.signatures.empty() || !fits(task, variant.signatures[0])) return false;
  const std::vector<std::string>& places = variant.signatures[0].wchans;
  return places.empty() || task.place.empty() ||
         std::find(places.begin(), places.end(), task.place) != places.end();
}

std::vector<KnownBug> bugs_of(const TaskRef& task, const std::vector<Manifest>& manifests,
                              const KernelIdentity& kernel) {
  std::vector<KnownBug> found;
  for (const Manifest& manifest : manifests) {
    const Variant* variant = nullptr;
    for (const Variant& one : manifest.variants) {
      if (!one.shape.by_place || !stands_in_place_of(task, one)) continue;
      const bool of_exits = task.exiting && one.signatures[0].exiting;
      if (variant == nullptr || (of_exits && !variant->signatures[0].exiting)) variant = &one;
    }
    if (variant == nullptr) continue;
    found.push_back(bug_of(manifest, *variant, kernel));
    found.back().by_place = true;
    found.back().lookalikes = lookalikes_of(manifest, task);
  }
  return found;
}

}  // namespace

void name_known_bugs(Diagnosis& diagnosis, const std::vector<Manifest>& manifests,
                     const KernelIdentity& kernel) {
  for (WaitProof& proof : diagnosis.proofs) {
    for (const Manifest& manifest : manifests) {
      const Variant* best = best_of(manifest, proof, diagnosis.pipes);
      if (best != nullptr) proof.known.push_back(bug_of(manifest, *best, kernel));
    }
  }
  for (StuckTask& stuck : diagnosis.stuck) stuck.known = bugs_of(stuck.task, manifests, kernel);
}

}  // namespace hangrate
