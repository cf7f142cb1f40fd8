// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/arena.h"

#include <cstdint>
#include <new>
#include <utility>

#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness/base/check.h"
#include "harness/base/refused.h"

namespace hangrate {

namespace {

constexpr std::size_t kBytes = Arena::kSlots * protocol::kSlotBytes + protocol::kSearchBytes;

}  // namespace

Result<Arena> Arena::make() {
  Arena arena;
  arena.memory_.reset(::memfd_create("hangrate-arena", MFD_CLOEXEC));
  if (!arena.memory_) return fail(refused("memfd_create"));
  if (::ftruncate(arena.memory_.get(), kBytes) != 0)
    return fail(Error::from_errno("ftruncate(arena)"));
  void* memory =
      ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, arena.memory_.get(), 0);
  if (memory == MAP_FAILED) return fail(Error::from_errno("mmap(arena)"));
  arena.base_ = static_cast<std::byte*>(memory);
  arena.bell_.reset(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!arena.bell_) return fail(refused("eventfd2"));
  return arena;
}

Arena::~Arena() {
  if (base_ != nullptr) ::munmap(base_, kBytes);
}

Arena::Arena(Arena&& other) noexcept
    : memory_(std::move(other.memory_)),
      bell_(std::move(other.bell_)),
      base_(std::exchange(other.base_, nullptr)) {}

protocol::Slot& Arena::slot(std::size_t index) {
  HR_CHECK(index < kSlots);
  return *std::launder(reinterpret_cast<protocol::Slot*>(base_ + offset(index)));
}

protocol::Slot& Arena::renew(std::size_t index) {
  HR_CHECK(index < kSlots);
  return *new (base_ + offset(index)) protocol::Slot;
}

protocol::SearchTable& Arena::search() {
  return *std::launder(reinterpret_cast<protocol::SearchTable*>(base_ + search_offset()));
}

protocol::SearchTable& Arena::renew_search() {
  return *new (base_ + search_offset()) protocol::SearchTable;
}

void Arena::silence_bell() const {
  std::uint64_t rings = 0;
  if (::read(bell_.get(), &rings, sizeof rings) < 0) return;  // nobody rang
}

}  // namespace hangrate
