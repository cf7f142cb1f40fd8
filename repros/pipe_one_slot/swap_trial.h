// SPDX-License-Identifier: GPL-2.0-or-later
//
// SwapTrial: one exchange of a token while another token is given back. The writer is a thread; the
// partner, who takes one token and gives it back, is the worker, which cannot sleep in the pipe
// because its descriptor is O_NONBLOCK.
#pragma once

#include <string>
#include <vector>

#include "repros/kit/race/race.h"
#include "repros/kit/race/rendezvous.h"
#include "repros/kit/reproducer.h"
#include "repros/pipe_one_slot/token_pipe.h"
#include "repros/pipe_one_slot/token_thread.h"

namespace hangrate::pipe_one_slot {

class SwapTrial final : public kit::Reproducer {
 public:
  /// `slots`: pages of the pipe.
  SwapTrial(int slots, const kit::Settings& settings);

  void setup(kit::Context& context) override;
  kit::TrialOutcome trial(kit::Context& context) override;
  bool finished() override { return writer_.finished(); }
  void wait(Nanos at_most) override { writer_.wait(at_most); }
  std::vector<kit::PartyInfo> parties() override;
  kit::Invariant invariant() override;
  bool pull_lever() override;

 private:
  bool widened() const { return widen_ != "none"; }
  std::vector<kit::RacePlan> plans() const;
  /// Brings the writer to where `plan` wants it when the partner starts. False: it did not come.
  bool approach(kit::Context& context, const std::string& plan);
  void swap(kit::Context& context);
  kit::TrialOutcome check(kit::Context& context);

  const int slots_;
  const std::string widen_;
  const bool split_;  // widen=none: on two CPUs
  int first_cpu_ = 0;
  int second_cpu_ = 0;
  kit::Race race_;
  kit::Rendezvous meeting_;
  TokenThread writer_;
  TokenPipe pipe_;
  bool swapped_ = false;
  bool parked_ = false;
};

}  // namespace hangrate::pipe_one_slot
