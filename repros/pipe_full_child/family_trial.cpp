// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/pipe_full_child/family_trial.h"

#include <poll.h>

namespace hangrate::pipe_full_child {

void FamilyTrial::setup(kit::Context& context) {
  if (const std::string trouble = Family::adopt_orphans(); !trouble.empty()) {
    context.fail(trouble);
  }
}

kit::TrialOutcome FamilyTrial::trial(kit::Context& context) {
  parked_ = false;
  context.phase("fork");
  if (const std::string trouble = family_.start(story_, bytes_, line_); !trouble.empty()) {
    context.fail(trouble);
  }
  context.phase("wait for the family");
  // The patience of a hang begins when the hang is complete, however slow the forks were.
  if (hangs()) {
    context.until([this] {
      return family_.over() || (family_.pipe_is_full() && asleep_for_good(family_.look()));
    });
  }
  context.await(*this);
  return judge(context);
}

void FamilyTrial::wait(Nanos at_most) {
  if (family_.can_wait()) {
    family_.wait(at_most);
  } else {
    Reproducer::wait(at_most);
  }
}

std::vector<kit::PartyInfo> FamilyTrial::parties() {
  parked_ = true;
  std::vector<kit::PartyInfo> found;
  const int parent = family_.parent();
  const int child = family_.child();
  if (!hangs()) {
    found.push_back({"parent", parent, 0, true, -1, 0});  // all threads: one of them may drain
    if (child != 0) found.push_back({"child", child, child, true, -1, 0});
    return found;
  }
  // The supervisor can see for itself that P's read end holds data that P does not read.
  found.push_back({"parent", parent, parent, true, family_.read_end_of_parent(), POLLIN});
  if (story_ == Story::Deadlock) found.push_back({"child", child, child, true, -1, 0});
  return found;
}

kit::Invariant FamilyTrial::invariant() {
  const Look seen = family_.look();
  if (!hangs()) return {kit::InvariantStatus::Unknown, progress(seen)};
  const bool broken = asleep_for_good(seen);
  return {broken ? kit::InvariantStatus::Broken : kit::InvariantStatus::Holds,
          broken ? cycle(seen) : progress(seen)};
}

bool FamilyTrial::asleep_for_good(const Look& seen) const {
  const bool full = !seen.write_end.room && seen.write_end.readers;
  if (!full || seen.written >= family_.bytes()) return false;
  if (story_ == Story::KeepReadEnd) {
    return seen.step == ParentStep::Writing && seen.parent_state == 'S';
  }
  return seen.step == ParentStep::Waiting && seen.parent_state == 'S' && seen.child_state == 'S';
}

std::string FamilyTrial::cycle(const Look& seen) const {
  const std::string parent = std::to_string(family_.parent());
  const std::string child = std::to_string(family_.child());
  const std::string full = std::to_string(seen.queued) + " of " + std::to_string(seen.capacity) +
                           " bytes queued, no slot free; the only reader";
  if (story_ == Story::KeepReadEnd) {
    return full + " is the writer itself, process " + parent + ": its child " + child +
           " has ended, yet no EPIPE comes";
  }
  return full + ", process " + parent + ", waits in waitid for process " + child +
         ", which sleeps in write";
}

std::string FamilyTrial::progress(const Look& seen) const {
  return std::to_string(seen.written) + " of " + std::to_string(family_.bytes()) +
         " bytes written, " + std::to_string(seen.read) + " read; parent " +
         std::to_string(family_.parent()) + " in state " + seen.parent_state + ", child " +
         std::to_string(family_.child()) + " in state " + seen.child_state;
}

kit::TrialOutcome FamilyTrial::judge(kit::Context& context) {
  const Ending ending = family_.ending();
  if (ending == Ending::Good) return kit::TrialOutcome::Clean;
  if (ending == Ending::BytesLost) {
    context.note("the parent read " + std::to_string(family_.look().read) + " bytes of " +
                 std::to_string(family_.bytes()));
    return kit::TrialOutcome::Anomaly;
  }
  // After a hang it was the supervisor's rungs that ended the family: nothing to add to its record.
  if (parked_) return kit::TrialOutcome::Clean;
  if (ending == Ending::Killed) {
    context.note("the parent was killed by a signal from outside");
    return kit::TrialOutcome::Inconclusive;
  }
  context.note("the family failed: " + family_.trouble());
  return kit::TrialOutcome::Infra;
}

}  // namespace hangrate::pipe_full_child
