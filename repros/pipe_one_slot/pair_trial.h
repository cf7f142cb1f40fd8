// SPDX-License-Identifier: GPL-2.0-or-later
//
// PairTrial: two threads that share the pipe, as users of a jobserver do.
#pragma once

#include <array>
#include <vector>

#include "repros/kit/reproducer.h"
#include "repros/pipe_one_slot/scene.h"
#include "repros/pipe_one_slot/token_pipe.h"
#include "repros/pipe_one_slot/token_thread.h"

namespace hangrate::pipe_one_slot {

enum class Pair {
  Jobserver,  ///< each takes a token and gives it back, many times, with two tokens in all
  Both,       ///< each gives one back, with a third on the last byte of the page
};

class PairTrial final : public kit::Reproducer {
 public:
  /// `rounds`: how often each takes and gives, in Pair::Jobserver.
  PairTrial(Pair pair, int rounds) : pair_(pair), rounds_(rounds) {}

  void setup(kit::Context& context) override;
  kit::TrialOutcome trial(kit::Context& context) override;
  bool finished() override;
  void wait(Nanos at_most) override;
  std::vector<kit::PartyInfo> parties() override;
  kit::Invariant invariant() override { return judge(look()); }
  bool pull_lever() override;

 private:
  Scene look() const;
  int tokens() const { return pair_ == Pair::Jobserver ? 2 : 3; }
  kit::TrialOutcome check(kit::Context& context);

  const Pair pair_;
  const int rounds_;
  std::array<TokenThread, 2> threads_;
  TokenPipe pipe_;
  bool parked_ = false;
};

}  // namespace hangrate::pipe_one_slot
