// SPDX-License-Identifier: GPL-2.0-or-later
//
// Turns the pieces of a helper's answer into samples, also of an answer that is not whole. Only for
// the /proc reader.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "harness/model/evidence.h"
#include "harness/sys/proc_wire.h"

namespace hangrate {

class ProcAssembler {
 public:
  ProcAssembler(std::vector<ReadTarget> targets, Depth depth)
      : targets_(std::move(targets)), depth_(depth) {}

  /// The pieces of one packet.
  void take(std::string_view bytes);
  /// Everything has come.
  SampleSet whole();
  /// Processes that are none of ours; nothing else is known of them.
  std::vector<pid_t> foreign() const { return foreign_; }
  /// The rest will not come; `why` names what the helper was in.
  SampleSet cut_short(const std::string& why);

 private:
  void take(const proc_wire::Piece& piece, std::string_view text);
  void take_number(const proc_wire::Piece& piece, std::string_view bytes);
  TaskSample& task(std::uint32_t index, int tid);

  std::vector<ReadTarget> targets_;
  Depth depth_;
  SampleSet set_;
  std::vector<pid_t> foreign_;
  std::vector<std::uint32_t> target_of_task_;
  std::vector<std::uint32_t> asked_;  ///< per task: bits of the files that were answered
  std::vector<int> witness_of_;       ///< per target: index of its descriptor's look, -1
};

}  // namespace hangrate
