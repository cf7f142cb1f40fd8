// SPDX-License-Identifier: GPL-2.0-or-later
//
// Proof, at setup, that what shall widen a race really does here: measured, not believed.
#pragma once

#include "herd.h"
#include "interrupt.h"

namespace window {

/// Where and how a task runs. `cpu` -1: anywhere. `policy`: a SCHED_* number.
struct Placement {
  int cpu = -1;
  int policy = SCHED_OTHER;
};

/// What one aimed interrupt did, seen from the CPU it was aimed at. `held` 0: it never came.
struct HoldSeen {
  Nanos late = 0;  ///< from the time aimed at to the last clock reading before the gap, ns
  Nanos held = 0;  ///< the first gap between two readings of at least `least`, ns
};

/// Aims at `ahead` ns from now, and reads the clock in a loop on the same CPU, until a gap of at
/// least `least` ns has been seen or `watch` ns have passed. The error is one reading of the clock.
inline HoldSeen see_hold(const Interrupt& interrupt, Nanos ahead, Nanos watch, Nanos least) {
  HoldSeen seen;
  const Nanos target = hang_now() + ahead;
  interrupt.arm(target);
  for (Nanos last = hang_now(); last < target + watch && seen.held == 0;) {
    const Nanos now = hang_now();
    if (now >= target && now - last >= least) seen = {last - target, now - last};
    last = now;
  }
  interrupt.disarm();
  return seen;
}

inline Nanos of_rank(std::vector<Nanos> values, size_t rank) {
  const auto place = values.begin() + static_cast<ptrdiff_t>(rank);
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

/// Of `rounds`, the lower quartile of each figure: a virtual CPU that loses its host CPU leaves
/// gaps too, in some rounds, and makes them longer, never shorter. `held` 0: in more than a quarter
/// of the rounds it never came.
inline HoldSeen typical_hold(const Interrupt& interrupt, int rounds, Nanos least) {
  std::vector<Nanos> late, held;
  for (int i = 0; i < rounds; ++i) {
    const HoldSeen seen = see_hold(interrupt, 200 * kMicro, 2 * kMilli, least);
    late.push_back(seen.late);
    held.push_back(seen.held);
  }
  return {of_rank(late, late.size() / 4), of_rank(held, held.size() / 4)};
}

/// How long a wake-up without sleepers takes on a pipe with `herd` (nullptr: without), ns; the
/// median of `rounds` resizes of an empty pipe. -1 with errno set: a call failed.
inline Nanos wake_cost(const Herd* herd, int rounds) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
  const hang_fd read_end(ends[0]), write_end(ends[1]);
  if (herd != nullptr && !herd->attach(write_end)) return -1;
  const int page = static_cast<int>(sysconf(_SC_PAGESIZE));
  std::vector<Nanos> spans;
  for (int i = 0; i < rounds; ++i) {
    const Nanos start = hang_now();
    if (fcntl(write_end, F_SETPIPE_SZ, (i % 2 != 0 ? 16 : 8) * page) < 0) return -1;
    spans.push_back(hang_now() - start);
  }
  return of_rank(spans, spans.size() / 2);
}

/// Gives `tid` (0: the caller) the placement and reads back what the kernel made of it. Returns ""
/// or what was refused.
inline std::string grant(int tid, const Placement& wanted) {
  const char* refused = hang_place(tid, wanted.cpu, wanted.policy);
  if (*refused != '\0') return failed(refused) + " (" + std::to_string(errno) + ")";
  const int policy = sched_getscheduler(tid);
  if (policy != wanted.policy) {
    return "asked for policy " + std::to_string(wanted.policy) + ", got " + std::to_string(policy);
  }
  if (wanted.cpu < 0) return "";
  cpu_set_t set;
  CPU_ZERO(&set);
  const bool alone = sched_getaffinity(tid, sizeof set, &set) == 0 && CPU_COUNT(&set) == 1 &&
                     CPU_ISSET(static_cast<size_t>(wanted.cpu), &set);
  return alone ? "" : "the task is not on CPU " + std::to_string(wanted.cpu) + " alone";
}

}  // namespace window
