// SPDX-License-Identifier: GPL-2.0-or-later
//
// CapacityTrial: how much a child may print before it blocks, measured on this kernel. Rows for a
// report, no verdict; nothing here can hang.
#pragma once

#include <cstddef>
#include <vector>

#include "repros/kit/reproducer.h"
#include "repros/pipe_full_child/merge_rule.h"

namespace hangrate::pipe_full_child {

class CapacityTrial final : public kit::Reproducer {
 public:
  void setup(kit::Context& context) override;
  kit::TrialOutcome trial(kit::Context& context) override;
  bool finished() override { return true; }
  std::vector<kit::PartyInfo> parties() override { return {}; }
  kit::Invariant invariant() override { return {}; }

 private:
  void measure_shape(kit::Context& context);
  void measure_fill(kit::Context& context, std::size_t size, bool packets);
  void measure_soft_limit(kit::Context& context);

  PipeShape shape_;
  int off_the_rule_ = 0;
};

}  // namespace hangrate::pipe_full_child
