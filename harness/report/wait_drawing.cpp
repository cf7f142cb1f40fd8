// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/report/wait_drawing.h"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "harness/waits/wait_words.h"

namespace hangrate {

namespace {

constexpr std::size_t kMostNodes = 40;

std::string detail_of(const TaskRef& task) {
  std::string text = task.exiting ? "exiting" : task.call;
  if (!task.place.empty()) text += (text.empty() ? "" : ", ") + task.place;
  return text;
}

/// Nodes are made as the walk comes to them, breadth first, so that a column holds what is equally
/// far from where it began.
class Drawer {
 public:
  explicit Drawer(const WaitProof& proof) : proof_(proof) {
    for (const TaskRef& task : proof.members) known_[task.tid] = {&task, true};
    for (const TaskRef& task : proof.others) known_.try_emplace(task.tid, &task, false);
    for (const WaitEdge& edge : proof.waits) waits_[edge.tid].push_back(&edge);
  }

  WaitDrawing draw() {
    for (const TaskRef& task : proof_.members) {
      if (place_task(task.tid, 0)) walk();
    }
    drawing_.left_out = left_out_.size();
    return std::move(drawing_);
  }

 private:
  /// Is it new?
  bool place_task(int tid, std::size_t column) {
    const auto known = known_.find(tid);
    if (known == known_.end() || tasks_.contains(tid)) return false;
    const auto& [task, member] = known->second;
    const auto node = add({true, member, name_of(*task), detail_of(*task), column, 0});
    if (!node) {
      left_out_.insert(std::to_string(tid));
      return false;
    }
    tasks_[tid] = *node;
    todo_.push_back(tid);
    return true;
  }

  std::optional<std::size_t> place_object(const WaitEdge& edge, std::size_t column) {
    // What has no name of its own is this task's alone.
    const std::string key =
        edge.object.empty() ? edge.need + std::to_string(edge.tid) : edge.object;
    if (const auto known = objects_.find(key); known != objects_.end()) return known->second;
    const std::string& name = edge.object.empty() ? edge.need : edge.object;
    const auto node = add({false, false, name, edge.ready ? "is there already" : "", column, 0});
    if (!node) left_out_.insert(key);
    if (node) objects_[key] = *node;
    return node;
  }

  std::optional<std::size_t> add(DrawnNode node) {
    if (drawing_.nodes.size() == kMostNodes) return std::nullopt;
    node.row = rows_[node.column]++;
    drawing_.nodes.push_back(std::move(node));
    return drawing_.nodes.size() - 1;
  }

  void walk() {
    while (!todo_.empty()) {
      const int tid = todo_.front();
      todo_.pop_front();
      for (const WaitEdge* edge : waits_[tid]) follow(*edge);
    }
  }

  void follow(const WaitEdge& edge) {
    const std::size_t waiter = tasks_.at(edge.tid);
    const std::size_t column = drawing_.nodes[waiter].column + 1;
    const auto object = place_object(edge, column);
    if (!object) return;
    connect({waiter, *object, false, edge.ready});
    for (const int tid : edge.releasers) {
      place_task(tid, drawing_.nodes[*object].column + 1);
      if (const auto task = tasks_.find(tid); task != tasks_.end()) {
        connect({task->second, *object, true, false});
      }
    }
  }

  /// Two who wait for one object name the same releasers.
  void connect(const DrawnEdge& edge) {
    const bool known =
        std::any_of(drawing_.edges.begin(), drawing_.edges.end(), [&](const DrawnEdge& other) {
          return other.from == edge.from && other.to == edge.to && other.releases == edge.releases;
        });
    if (!known) drawing_.edges.push_back(edge);
  }

  const WaitProof& proof_;
  std::map<int, std::pair<const TaskRef*, bool>> known_;  ///< is it a member?
  std::map<int, std::vector<const WaitEdge*>> waits_;
  WaitDrawing drawing_;
  std::map<int, std::size_t> tasks_;            ///< nodes by tid
  std::map<std::string, std::size_t> objects_;  ///< nodes by key
  std::map<std::size_t, std::size_t> rows_;     ///< nodes of each column so far
  std::deque<int> todo_;
  std::set<std::string> left_out_;
};

}  // namespace

WaitDrawing draw_waits(const WaitProof& proof) {
  return Drawer(proof).draw();
}

}  // namespace hangrate
