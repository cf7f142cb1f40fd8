// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/ring_reader.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>

namespace hangrate {

namespace {

using Words = std::array<std::uint64_t, sizeof(hr_slot) / sizeof(std::uint64_t)>;

/// A writer takes its slot before it reads the clock, and may be preempted in between: neighbours
/// can be out of order by as much as that takes.
constexpr Nanos kDisorder = 10 * kMilli;
/// Longer happens, but not to as many in a row.
constexpr int kOldInARow = 32;

std::uint64_t load(const void* address) {
  return __atomic_load_n(static_cast<const std::uint64_t*>(address), __ATOMIC_ACQUIRE);
}

/// False if the slot does not hold the event of `position` (any more, or yet).
bool copy_slot(const hr_slot& from, std::uint64_t position, hr_slot& to) {
  if (load(&from.seq) != position + 1) return false;
  Words words;
  const auto* source = reinterpret_cast<const std::uint64_t*>(&from);
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = load(source + i);
  std::atomic_thread_fence(std::memory_order_acquire);
  if (load(&from.seq) != position + 1) return false;
  std::memcpy(&to, words.data(), sizeof to);
  return true;
}

}  // namespace

void read_ring(const RingView& ring, Nanos from, RingRead& read) {
  const std::uint64_t size = ring.slots.size();
  const std::uint64_t end = load(&ring.head->pos);
  const std::uint64_t begin = end > size ? end - size : 0;
  int old = 0;
  for (std::uint64_t position = end; position > begin;) {
    --position;
    RawEvent event{.cpu = ring.cpu};
    if (!copy_slot(ring.slots[position & (size - 1)], position, event.slot)) {
      // Slots that went while we read are the oldest: the writer has caught up with us.
      if (load(&ring.head->pos) - position > size) {
        if (old == 0) read.wrapped.push_back(ring.cpu);
        return;
      }
      read.waiting.push_back({&ring.slots[position & (size - 1)], position, ring.cpu});
      continue;
    }
    const auto when = static_cast<Nanos>(event.slot.when);
    const bool late = (event.slot.flags & HR_LATE) != 0;
    if (!late) old = when < from - kDisorder ? old + 1 : 0;
    if (old == kOldInARow) return;
    if (when >= from) read.events.push_back(event);
  }
  if (begin > 0 && old == 0) read.wrapped.push_back(ring.cpu);
}

bool read_torn(Nanos from, RingRead& read) {
  std::vector<TornSlot> waiting;
  for (const TornSlot& torn : read.waiting) {
    RawEvent event{.cpu = torn.cpu};
    if (!copy_slot(*torn.slot, torn.position, event.slot)) {
      waiting.push_back(torn);
    } else if (static_cast<Nanos>(event.slot.when) >= from) {
      read.events.push_back(event);
    }
  }
  read.waiting = std::move(waiting);
  return read.waiting.empty();
}

void give_up_torn(RingRead& read) {
  read.torn += read.waiting.size();
  read.waiting.clear();
}

}  // namespace hangrate
