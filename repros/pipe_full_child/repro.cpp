// SPDX-License-Identifier: GPL-2.0-or-later
//
// pipe_full_child: a parent starts a child with its stdout on a pipe, waits for it, and means to
// read afterwards. The child prints more than the pipe holds and sleeps in pipe_write() until
// somebody reads; the only one who could is the parent: it sleeps in do_wait() until the child
// ends.
//
//   parent P                              child C
//   pipe(), fork()                        dup2(pipe, 1)
//   waitid(C)  --- waits for the end of   write(1, line, 137), again and again
//   read()     never reached              write() number 465 --- waits for room in the pipe
//
// No kernel bug, and the same on every kernel, which makes it the positive control of this suite:
// if a run does not find this one in every trial, the harness is broken. The cures are the negative
// controls, with the same processes, pipe and amount of data: P reads while C writes.
// How much fits is less clear than "64 KiB": a pipe has slots, not bytes. See merge_rule.h and the
// variant `capacity`.
// First told by the Hive test rig: https://tey.sh/TIL/002_subprocess_pipe_deadlocks (2024-02-27).
#include <memory>
#include <string>

#include "harness/base/check.h"
#include "repros/kit/reproducer.h"
#include "repros/pipe_full_child/capacity_trial.h"
#include "repros/pipe_full_child/family_trial.h"

namespace hangrate::kit {

using pipe_full_child::CapacityTrial;
using pipe_full_child::FamilyTrial;
using pipe_full_child::Story;

std::unique_ptr<Reproducer> make_reproducer(const Settings& settings) {
  const std::string& variant = settings.variant();
  if (variant == "capacity") return std::make_unique<CapacityTrial>();
  const auto family = [&](Story story) {
    return std::make_unique<FamilyTrial>(story,
                                         static_cast<std::uint64_t>(settings.number("bytes")),
                                         static_cast<std::size_t>(settings.number("line")));
  };
  if (variant == "drain-poll") return family(Story::DrainPoll);
  if (variant == "drain-threads") return family(Story::DrainThread);
  if (variant == "keep-read-end") return family(Story::KeepReadEnd);
  HR_CHECK(variant == "deadlock");
  return family(Story::Deadlock);
}

}  // namespace hangrate::kit
