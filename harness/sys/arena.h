// SPDX-License-Identifier: GPL-2.0-or-later
//
// Arena: one memory file with the slots of all workers, the search table of
// the cell in progress, and the bell (an eventfd) they ring. One
// file, so that the janitor can see every worker's last will after the supervisor was killed.
#pragma once

#include <cstddef>

#include "harness/base/error.h"
#include "harness/base/unique_fd.h"
#include "repros/kit/protocol.h"

namespace hangrate {

class Arena {
 public:
  static constexpr std::size_t kSlots = 64;

  static Result<Arena> make();
  ~Arena();
  Arena(Arena&& other) noexcept;
  Arena& operator=(Arena&&) = delete;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// A zeroed slot for a new worker. The slot must not be in use.
  protocol::Slot& renew(std::size_t index);
  protocol::Slot& slot(std::size_t index);
  static std::size_t offset(std::size_t index) { return index * protocol::kSlotBytes; }

  /// What the workers of the cell in progress have learned.
  protocol::SearchTable& search();
  /// An empty one, for a new cell.
  protocol::SearchTable& renew_search();
  static std::size_t search_offset() { return kSlots * protocol::kSlotBytes; }

  int memory_fd() const { return memory_.get(); }
  int bell_fd() const { return bell_.get(); }
  /// Takes the rings so far; never blocks.
  void silence_bell() const;

 private:
  Arena() = default;

  UniqueFd memory_;
  UniqueFd bell_;
  std::byte* base_ = nullptr;
};

}  // namespace hangrate
