// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the machine of a cell answers, one short line for each action, for tests to compare.
#pragma once

#include <string>
#include <vector>

#include <fmt/format.h>

#include "harness/cell/cell_event.h"

namespace hangrate::testing {

inline std::string text_of(const IndexRange& range) {
  return fmt::format("{}+{}", range.first, range.count);
}

struct ActionText {
  std::string operator()(const Send& a) const {
    constexpr const char* kNames[] = {"nothing", "check", "lever", "continue"};
    return fmt::format("send {}", kNames[static_cast<int>(a.order)]);
  }
  std::string operator()(const GiveLease& a) const { return "lease " + text_of(a.range); }
  std::string operator()(const StopSoon&) const { return "stop"; }
  std::string operator()(const LookAgain&) const { return "look"; }
  std::string operator()(const KeepParties& a) const {
    return a.parked ? "watch parked" : "watch overdue";
  }
  std::string operator()(const Read& a) const { return a.whole ? "read whole" : "read motion"; }
  std::string operator()(const Signal& a) const {
    std::string text = fmt::format("signal {}", a.number);
    for (const Poke& poke : a.pokes) text += fmt::format(" {}", poke.pid);
    return text;
  }
  std::string operator()(const TakeTrace& a) const {
    return fmt::format("trace{}", a.declared ? " declared" : "");
  }
  std::string operator()(const Kill&) const { return "kill"; }
  template <typename A>
  std::string operator()(const A&) const {
    return "?";
  }

  std::string operator()(const BatchRecord& r) const {
    return "save batch " + text_of(IndexRange{r.first, r.count});
  }
  std::string operator()(const TrialRecord& r) const {
    return fmt::format("save trial {} {} {}", r.observation.trial, outcome_name(r.verdict.outcome),
                       rule_text(r.verdict));
  }
  std::string operator()(const MeasureRecord& r) const {
    return fmt::format("save measure {}", r.trial);
  }
  std::string operator()(const SkipRecord&) const { return "save skip"; }
  std::string operator()(const NoteRecord&) const { return "save note"; }
  std::string operator()(const SearchRecord&) const { return "save search"; }
  std::string operator()(const CellEndRecord& r) const {
    return fmt::format("save end {}", static_cast<int>(r.reason));
  }

  std::string operator()(const ForWorker& a) const {
    return fmt::format("{} {}", a.worker, std::visit(*this, a.action));
  }
  std::string operator()(const Save& a) const { return std::visit(*this, a.record); }
  std::string operator()(const Start& a) const { return fmt::format("start in lane {}", a.lane); }
  std::string operator()(const Follow& a) const {
    return fmt::format("{} {}", a.worker, a.wanted ? "follow" : "forget");
  }
  std::string operator()(const Drop& a) const {
    return fmt::format("{} {}", a.worker, a.survived ? "leave behind" : "drop");
  }
  std::string operator()(const ReadArms&) const { return "read arms"; }
  std::string operator()(const NoBirthInCgroup&) const { return "no birth in cgroup"; }
  std::string operator()(const Suspect& a) const {
    return fmt::format("suspect {}", a.pids.size());
  }
  std::string operator()(const Wake&) const { return "wake"; }
};

inline std::vector<std::string> texts_of(const CellActions& actions) {
  std::vector<std::string> texts;
  for (const CellAction& action : actions) texts.push_back(std::visit(ActionText{}, action));
  return texts;
}

}  // namespace hangrate::testing
