// SPDX-License-Identifier: GPL-2.0-or-later
//
// HangBook: which hangs have been told, which of them are new, and which are over. Pure.
#pragma once

#include <set>
#include <utility>
#include <vector>

#include "harness/waits/diagnosis.h"

namespace hangrate {

struct ToldHang {
  int id = 0;  ///< from 1, as they are told
  WaitProof proof;
  Nanos since = 0;  ///< what is known of how long it stands
};

struct HangNews {
  std::vector<ToldHang> began;
  std::vector<ToldHang> ended;
};

class HangBook {
 public:
  /// A proof about any task of a hang is that hang still, and so is one that cannot be looked into
  /// any more. `stands`: since when a task has been seen not to move; 0: not known. `moved`: of a
  /// look that left processes out, which tasks have: what it does not prove may stand all the same.
  template <typename Stands>
  HangNews take(const Diagnosis& seen, Nanos now, Stands stands,
                const std::set<int>* moved = nullptr) {
    HangNews news;
    news.ended = end(seen, moved);
    for (const WaitProof& proof : seen.proofs) {
      if (proof.only_a_signal || known(proof)) continue;
      ToldHang hang{++last_, proof, now};
      for (const TaskRef& task : proof.members) {
        const Nanos since = stands(task.tid);
        if (since != 0 && since < hang.since) hang.since = since;
      }
      told_.push_back(hang);
      news.began.push_back(std::move(hang));
    }
    return news;
  }

  /// Their tasks are gone.
  std::vector<ToldHang> end_all() { return std::exchange(told_, {}); }

  /// All that are part of a hang that was told.
  std::set<int> tasks() const;
  /// Is one of these tasks part of a hang that was told?
  bool holds(const std::vector<int>& tids) const;

 private:
  std::vector<ToldHang> end(const Diagnosis& seen, const std::set<int>* moved);
  bool known(const WaitProof& proof) const;

  std::vector<ToldHang> told_;
  int last_ = 0;
};

}  // namespace hangrate
