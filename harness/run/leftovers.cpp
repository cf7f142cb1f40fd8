// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/run/leftovers.h"

#include <algorithm>

#include "harness/run/slot_view.h"
#include "harness/sys/process_handle.h"

namespace hangrate {

void Leftovers::suspect(const Observation& abandoned) {
  if (abandoned.rounds.empty()) return;
  for (const TaskSample& task : abandoned.rounds.back().after.tasks) {
    const bool known = std::any_of(suspects_.begin(), suspects_.end(),
                                   [&](const Suspect& s) { return s.pid == task.pid; });
    if (!task.victim || task.gone || known) continue;
    suspects_.push_back({task.pid, open_process(task.pid), abandoned.ended});
  }
}

int Leftovers::alive(Nanos now) {
  std::erase_if(suspects_, [](const Suspect& s) { return !s.process || has_ended(s.process); });
  return static_cast<int>(std::count_if(suspects_.begin(), suspects_.end(),
                                        [&](const Suspect& s) { return now - s.since > kGrace; }));
}

void abort_orphaned_connections(Seats& seats, ProcReader& reader) {
  for (Seat& seat : seats) {
    // It stays in the slot, for the janitor.
    const protocol::Slot& slot = seat.worker.slot();
    const int connection = slot.fuse_connection.load();
    if (!seat.dying || seat.aborted || connection == 0) continue;
    seat.aborted = true;
    reader.abort_fuse(connection, slot.fuse_instance.load(), {seat.worker.pid(), 0},
                      parties_of(slot));
  }
}

}  // namespace hangrate
