// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/waits/unmoved.h"

#include <fmt/format.h>

#include "harness/waits/wait_words.h"

namespace hangrate {

std::optional<StuckTask> unmoved(const TaskSample& first, const TaskSample& now, Nanos span) {
  const bool uninterruptible = first.state == 'D' && now.state == 'D';
  const bool same = first.started == now.started && now.switches && first.switches == now.switches;
  if (!uninterruptible || !same) return std::nullopt;
  return StuckTask{
      ref_of(now),
      fmt::format("it sleeps uninterruptibly{}{} and has not moved for {:.1f} s; what it waits for "
                  "is not seen: a lock of the kernel, or slow I/O",
                  now.wchan.empty() ? "" : " in ", now.wchan, to_seconds(span))};
}

StuckTask unreadable(const TaskSample& task) {
  return {ref_of(task),
          "a read of its files in /proc blocks: somebody holds a lock of the kernel that such a "
          "read needs"};
}

}  // namespace hangrate
