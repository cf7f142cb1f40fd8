// SPDX-License-Identifier: GPL-2.0-or-later
//
// Arena: the slots of all workers, each in a memory file of its own, so that a worker reaches no
// other worker's; the search table of the cell in progress, which all its workers share; and the
// bell (an eventfd) they ring. All are mapped before the janitor is forked: it sees every worker's
// last will after the supervisor was killed.
#pragma once

#include <bitset>
#include <cstddef>
#include <vector>

#include "harness/base/error.h"
#include "harness/base/unique_fd.h"
#include "harness/sys/sealed_memory.h"
#include "harness/sys/slot.h"

namespace hangrate {

class Arena {
 public:
  static constexpr std::size_t kSlots = 64;

  static Result<Arena> make();

  /// A zeroed slot for a new worker. The slot must not be in use.
  protocol::Slot& renew(std::size_t index);
  protocol::Slot& slot(std::size_t index);
  int slot_fd(std::size_t index) const { return slots_[index].fd(); }
  /// Its worker is left behind and may still write: it is never given to another one.
  void retire(std::size_t index) { retired_.set(index); }
  bool retired(std::size_t index) const { return retired_.test(index); }

  /// What the workers of the cell in progress have learned.
  protocol::SearchTable& search();
  /// An empty one, for a new cell.
  protocol::SearchTable& renew_search();
  int search_fd() const { return search_.fd(); }

  int bell_fd() const { return bell_.get(); }
  /// Takes the rings so far; never blocks.
  void silence_bell() const;

 private:
  Arena(std::vector<SealedMemory> slots, SealedMemory search, UniqueFd bell);

  std::vector<SealedMemory> slots_;
  SealedMemory search_;
  UniqueFd bell_;
  std::bitset<kSlots> retired_;
};

}  // namespace hangrate
