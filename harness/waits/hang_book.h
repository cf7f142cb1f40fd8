// SPDX-License-Identifier: GPL-2.0-or-later
//
// HangBook: which hangs have been told, which of them are new, and which are over. Pure.
#pragma once

#include <set>
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
  /// any more. `stands`: since when a task has been seen not to move; 0: not known.
  template <typename Stands>
  HangNews take(const Diagnosis& seen, Nanos now, Stands stands) {
    HangNews news;
    news.ended = end(seen, nullptr);
    begin(seen, now, stands, news);
    return news;
  }
  /// The same of a look that left processes out: what it does not prove may stand all the same. It
  /// is over if one of its tasks has `moved`.
  template <typename Stands>
  HangNews take_part(const Diagnosis& seen, Nanos now, Stands stands, const std::set<int>& moved) {
    HangNews news;
    news.ended = end(seen, &moved);
    begin(seen, now, stands, news);
    return news;
  }

  /// Is one of these tasks part of a hang that was told?
  bool holds(const std::vector<int>& tids) const;

 private:
  template <typename Stands>
  void begin(const Diagnosis& seen, Nanos now, Stands stands, HangNews& news) {
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
  }

  /// `moved`: see take_part(); nullptr: all was seen.
  std::vector<ToldHang> end(const Diagnosis& seen, const std::set<int>* moved);
  bool known(const WaitProof& proof) const;

  std::vector<ToldHang> told_;
  int last_ = 0;
};

}  // namespace hangrate
