// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/kit/race/self_check.h"

#include <algorithm>
#include <vector>

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

namespace hangrate::kit {

namespace {

Nanos quartile(std::vector<Nanos> values) {
  const auto place = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 4);
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

}  // namespace

HoldSeen see_hold(const InterruptHold& hold, Nanos ahead, Nanos watch, Nanos least) {
  HoldSeen seen;
  Nanos last = now_ns();
  const Nanos target = last + ahead;
  const Nanos end = target + watch;
  hold.arm(target);
  for (last = now_ns(); last < end && seen.held == 0;) {
    const Nanos now = now_ns();
    if (now >= target && now - last >= least) seen = {last - target, now - last};
    last = now;
  }
  hold.disarm();
  return seen;
}

HoldSeen typical_hold(const InterruptHold& hold, int rounds, Nanos least) {
  constexpr Nanos kAhead = 200 * kMicro;
  constexpr Nanos kWatch = 2 * kMilli;
  std::vector<Nanos> late;
  std::vector<Nanos> held;
  for (int i = 0; i < rounds; ++i) {
    const HoldSeen seen = see_hold(hold, kAhead, kWatch, least);
    late.push_back(seen.late);
    held.push_back(seen.held);
  }
  return {quartile(late), quartile(held)};
}

Nanos wake_cost(const WakeHerd* herd, int rounds) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return -1;
  const UniqueFd read_end(ends[0]);
  const UniqueFd write_end(ends[1]);
  if (herd != nullptr && !herd->attach(write_end.get())) return -1;
  const int page = static_cast<int>(::sysconf(_SC_PAGESIZE));
  std::vector<Nanos> spans;
  for (int i = 0; i < rounds; ++i) {
    const Nanos start = now_ns();
    if (::fcntl(write_end.get(), F_SETPIPE_SZ, (i % 2 != 0 ? 16 : 8) * page) < 0) return -1;
    spans.push_back(now_ns() - start);
  }
  const auto middle = spans.begin() + static_cast<std::ptrdiff_t>(spans.size() / 2);
  std::nth_element(spans.begin(), middle, spans.end());
  return *middle;
}

std::string grant(int tid, const Placement& placement) {
  std::string problem = place_task(tid, placement);
  if (!problem.empty()) return problem;
  const int policy = ::sched_getscheduler(tid);
  if (policy != placement.policy) {
    return "asked for policy " + std::to_string(placement.policy) + ", got " +
           std::to_string(policy);
  }
  if (placement.cpu < 0) return {};
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(tid, sizeof set, &set) != 0 || CPU_COUNT(&set) != 1 ||
      !CPU_ISSET(static_cast<unsigned>(placement.cpu), &set)) {
    return "the task is not on CPU " + std::to_string(placement.cpu) + " alone";
  }
  return {};
}

}  // namespace hangrate::kit
