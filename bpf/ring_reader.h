// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reads rings while kernel programs write into them: copies a slot, and believes the copy if its
// sequence number was right before and after. Memory in, events out; no system call.
#pragma once

#include <span>
#include <vector>

#include "bpf/common/slot.h"
#include "harness/base/clock.h"

namespace hangrate {

struct RingView {
  std::span<const hr_slot> slots;  ///< a power of two
  const hr_head* head = nullptr;
  int cpu = 0;
};

struct RawEvent {
  int cpu = 0;
  hr_slot slot{};
};

/// A slot whose writer has taken it and not filled it yet: it may have lost its CPU.
struct TornSlot {
  const hr_slot* slot = nullptr;
  std::uint64_t position = 0;
  int cpu = 0;
};

struct RingRead {
  std::vector<RawEvent> events = {};   ///< of all roots, unordered
  std::vector<TornSlot> waiting = {};  ///< to be read again with read_torn()
  std::uint64_t torn = 0;              ///< slots in the window that nobody will tell of
  std::vector<int> wrapped = {};       ///< CPUs whose oldest slot is younger than `from`
};

/// All events at or after `from`, appended to `read`.
void read_ring(const RingView& ring, Nanos from, RingRead& read);

/// Reads the waiting slots again. True if none is left that waits for its writer.
bool read_torn(Nanos from, RingRead& read);

/// Counts what still waits as torn: the writer took too long.
void give_up_torn(RingRead& read);

}  // namespace hangrate
