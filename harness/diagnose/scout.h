// SPDX-License-Identifier: GPL-2.0-or-later
//
// Scout: Scouting in a process of its own, which reports after each look. A look that stays where
// it is for seconds means that a read blocks: the scout is lost, and the next one leaves out the
// process that it was at.
#pragma once

#include <optional>
#include <set>
#include <string>

#include <sys/types.h>

#include "harness/base/error.h"
#include "harness/base/unique_fd.h"
#include "harness/diagnose/scouting.h"

namespace hangrate {

class Scout {
 public:
  Scout(ExamineScope scope, Nanos interval);
  ~Scout();
  Scout(const Scout&) = delete;
  Scout& operator=(const Scout&) = delete;

  /// From the main thread. A scout that was there before is given up.
  Result<void> start(const std::set<int>& blocking);
  /// Its next report, after about an interval. nullopt: it is lost.
  std::optional<ScoutReport> next();
  /// The process that it was at last.
  int reading() const { return place_.pid(); }

 private:
  int run(int answers, const std::set<int>& blocking) const;
  bool await_line();
  bool fill(Nanos until);

  ExamineScope scope_;
  Nanos interval_;
  SharedReaderPlace place_;
  pid_t pid_ = -1;
  UniqueFd answers_;
  std::string text_;  ///< received, and not taken yet
};

}  // namespace hangrate
