// SPDX-License-Identifier: GPL-2.0-or-later
//
// The workers of a cell as processes: their slots, what is read of their trials and what is
// outstanding with the helpers. Private to run/.
#pragma once

#include <list>
#include <vector>

#include "harness/run/worker.h"
#include "harness/sys/proc_reader.h"

namespace hangrate {

struct Member {
  explicit Member(Worker w) : worker(std::move(w)) {}
  Worker worker;
  std::vector<ReadTarget> parties;  ///< of the trial that is watched
  Namer namer;                      ///< on whose word they are looked at
  std::uint64_t request = 0;        ///< outstanding with the /proc reader, 0 = none
  std::uint64_t poke = 0;           ///< a signal outstanding with it, 0 = none
  bool followed = false;            ///< by the flight recorder
  bool dying = false;
  bool aborted = false;  ///< dying, and the abort of its FUSE connection was ordered
};

class Crew {
 public:
  Member& add(Worker worker) { return members_.emplace_back(std::move(worker)); }
  Member* find(std::uint64_t id);
  Member* with_pid(pid_t pid);
  void remove(std::uint64_t id);

  auto begin() { return members_.begin(); }
  auto end() { return members_.end(); }

  /// A slot that neither a worker has nor one that was left behind; nullopt: there is none.
  std::optional<std::size_t> free_slot(const Arena& arena) const;
  std::vector<std::uint64_t> ids() const;
  void tell(ProcReader& reader) const;

 private:
  std::list<Member> members_;
};

/// Aborts the FUSE connection of a dying worker. A killed worker takes its trial's processes with
/// it, but one that waits for a FUSE reply only ends when its connection is aborted, which its
/// worker can do no more.
void abort_orphaned_connection(Member& member, ProcReader& reader);

}  // namespace hangrate
