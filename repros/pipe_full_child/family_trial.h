// SPDX-License-Identifier: GPL-2.0-or-later
//
// FamilyTrial: the variants with a parent and a child, as the kit runs them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "repros/kit/reproducer.h"
#include "repros/pipe_full_child/family.h"

namespace hangrate::pipe_full_child {

class FamilyTrial final : public kit::Reproducer {
 public:
  FamilyTrial(Story story, std::uint64_t bytes, std::size_t line)
      : story_(story), bytes_(bytes), line_(line) {}

  void setup(kit::Context& context) override;
  kit::TrialOutcome trial(kit::Context& context) override;
  bool finished() override { return family_.over(); }
  void wait(Nanos at_most) override;
  std::vector<kit::PartyInfo> parties() override;
  kit::Invariant invariant() override;
  bool pull_lever() override {
    family_.drain();
    return true;
  }

 private:
  bool hangs() const { return story_ == Story::Deadlock || story_ == Story::KeepReadEnd; }

  /// The whole hang, from W's side. Each process makes one system call after its step, so asleep
  /// means asleep in that call. Nobody can end it: the pipe's only reader is P, and P waits.
  bool asleep_for_good(const Look& seen) const;

  std::string cycle(const Look& seen) const;
  std::string progress(const Look& seen) const;
  kit::TrialOutcome judge(kit::Context& context);

  Story story_;
  std::uint64_t bytes_;
  std::size_t line_;
  bool parked_ = false;
  Family family_;
};

}  // namespace hangrate::pipe_full_child
