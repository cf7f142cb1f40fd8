// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/run/crew.h"

#include <algorithm>

#include "harness/run/slot_view.h"

namespace hangrate {

Member* Crew::find(std::uint64_t id) {
  const auto member = std::find_if(members_.begin(), members_.end(),
                                   [&](const Member& m) { return m.worker.id() == id; });
  return member != members_.end() ? &*member : nullptr;
}

Member* Crew::with_pid(pid_t pid) {
  const auto member = std::find_if(members_.begin(), members_.end(),
                                   [&](const Member& m) { return m.worker.pid() == pid; });
  return member != members_.end() ? &*member : nullptr;
}

void Crew::remove(std::uint64_t id) {
  members_.remove_if([&](const Member& m) { return m.worker.id() == id; });
}

std::optional<std::size_t> Crew::free_slot(const Arena& arena) const {
  for (std::size_t index = 0; index < Arena::kSlots; ++index) {
    const bool used = std::any_of(members_.begin(), members_.end(),
                                  [&](const Member& m) { return m.worker.slot_index() == index; });
    if (!used && !arena.retired(index)) return index;
  }
  return std::nullopt;
}

std::vector<std::uint64_t> Crew::ids() const {
  std::vector<std::uint64_t> ids;
  for (const Member& member : members_) ids.push_back(member.worker.id());
  return ids;
}

void Crew::tell(ProcReader& reader) const {
  std::vector<pid_t> pids;
  for (const Member& member : members_) pids.push_back(member.worker.pid());
  reader.know_workers(std::move(pids));
}

void abort_orphaned_connection(Member& member, ProcReader& reader) {
  // It stays in the slot, for the janitor.
  const protocol::Slot& slot = member.worker.slot();
  const int connection = slot.fuse_connection.load();
  if (member.aborted || connection == 0) return;
  member.aborted = true;
  reader.abort_fuse(connection, slot.fuse_instance.load(), {member.worker.pid(), 0},
                    parties_of(slot));
}

}  // namespace hangrate
