// SPDX-License-Identifier: GPL-2.0-or-later
//
// WaitGraph: who waits for whom, and what is proven by it. Nodes are the tasks that slept alike in
// two looks; a proof needs, beside them, what their objects answered between the looks and a third
// look at every member. Pure: looks and answers come from outside.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "harness/waits/diagnosis.h"
#include "harness/waits/releasers.h"

namespace hangrate {

/// poll(2) of a descriptor of a process, through a duplicate that is closed at once.
struct Question {
  int pid = 0;
  int descriptor = -1;
  short events = 0;
  auto operator<=>(const Question&) const = default;
};
/// What poll(2) returned; a question without an answer could not be asked.
using Answers = std::map<Question, short>;

struct GraphOptions {
  std::set<int> scope;            ///< tids that are asked about; empty: all
  bool signals_are_ours = false;  ///< tasks of the scope send each other signals, nobody else
  bool births_tell = false;       ///< see ReleaserIndex
};

class WaitGraph {
 public:
  /// `after` was read later, and holds the processes too. Both are kept by reference.
  WaitGraph(const Snapshot& before, const Snapshot& after, GraphOptions options);

  std::vector<Question> questions() const;
  /// Processes that the third look must see.
  std::set<int> to_look_at_again() const;
  /// `third`: tasks alone.
  Diagnosis conclude(const Answers& answers, const Snapshot& third);

 private:
  struct Node {
    const SeenTask* task = nullptr;
    Wait wait;
    std::set<int> releasers;
    std::set<int> unseen;     ///< pids
    std::set<int> hidden;     ///< pids
    std::string open;         ///< why it can end: not closed, whatever else is seen
    bool askable = true;      ///< its objects; `open` is about who may hold them without showing it
    std::vector<Need> ready;  ///< needs that are met already
  };
  struct Members {
    std::set<int> tids;
    std::set<int> unseen;
    bool lost = false;
  };

  bool still(const SeenTask& task) const;
  Node node_of(const SeenTask& task) const;
  void add_releasers(Node& node) const;
  bool in_scope(int tid) const;
  void take(const Answers& answers);
  bool lost_wake_up(const Node& node, const Snapshot& third) const;
  bool simply_ready(const Node& node, const Snapshot& third) const;
  bool somebody_moved(const Node& node, const Need& need, const Snapshot& third) const;
  bool process_moved(int pid, int but, const Snapshot& third) const;
  std::string who_may_take(const Node& node) const;
  std::set<int> closed_set(const std::set<int>& lost, bool with_unseen) const;
  std::vector<Members> components(const std::set<int>& closed, const std::set<int>& lost) const;
  bool unchanged(int tid, const Snapshot& third) const;
  void conclude(const Members& members, Diagnosis& diagnosis) const;
  std::string timer_of(const Members& members) const;
  bool catches_signals(const Members& members) const;
  bool is_whole_scope(const Members& members) const;
  bool other_end_is_missing(const Node& node, const Need& need, short events) const;
  ProofKind kind_of(const Members& members) const;
  std::vector<std::string> sentences(const Members& members) const;
  std::vector<WaitEdge> edges(const Members& members) const;
  std::vector<TaskRef> others(const std::vector<WaitEdge>& edges, const Members& members) const;
  std::string cure_of(const Members& members) const;
  void add_unkillable(const Snapshot& third, std::set<int>& told, Diagnosis& to) const;
  static bool is_known(const Wait& wait);
  void add_unmoved(const std::set<int>& told, Diagnosis& to) const;

  const Snapshot& before_;
  const Snapshot& after_;
  GraphOptions options_;
  ReleaserIndex index_;
  std::map<int, Node> nodes_;  ///< by tid: those that slept alike in both looks
};

}  // namespace hangrate
