// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/arena.h"

#include <cstdint>
#include <new>
#include <utility>

#include <sys/eventfd.h>
#include <unistd.h>

#include "harness/base/check.h"
#include "harness/base/refused.h"

namespace hangrate {

Arena::Arena(std::vector<SealedMemory> slots, SealedMemory search, UniqueFd bell)
    : slots_(std::move(slots)), search_(std::move(search)), bell_(std::move(bell)) {}

Result<Arena> Arena::make() {
  std::vector<SealedMemory> slots;
  for (std::size_t i = 0; i < kSlots; ++i) {
    auto slot = SealedMemory::make("hangrate-slot", protocol::kSlotBytes);
    if (!slot) return fail(slot.error());
    slots.push_back(std::move(*slot));
  }
  auto search = SealedMemory::make("hangrate-search", protocol::kSearchBytes);
  if (!search) return fail(search.error());
  UniqueFd bell(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!bell) return fail(refused("eventfd2"));
  return Arena(std::move(slots), std::move(*search), std::move(bell));
}

protocol::Slot& Arena::slot(std::size_t index) {
  HR_CHECK(index < kSlots);
  return *std::launder(reinterpret_cast<protocol::Slot*>(slots_[index].data()));
}

protocol::Slot& Arena::renew(std::size_t index) {
  HR_CHECK(index < kSlots && !retired(index));
  return *protocol::make_slot(slots_[index].data());
}

protocol::SearchTable& Arena::search() {
  return *std::launder(reinterpret_cast<protocol::SearchTable*>(search_.data()));
}

protocol::SearchTable& Arena::renew_search() {
  return *new (search_.data()) protocol::SearchTable{};
}

void Arena::silence_bell() const {
  std::uint64_t rings = 0;
  if (::read(bell_.get(), &rings, sizeof rings) < 0) return;  // nobody rang
}

}  // namespace hangrate
