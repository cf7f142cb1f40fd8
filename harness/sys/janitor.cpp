// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/janitor.h"

#include <csignal>
#include <vector>

#include <poll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/sys/child.h"
#include "harness/sys/fusectl.h"
#include "harness/sys/own_tasks.h"
#include "harness/sys/process_handle.h"

namespace hangrate {

namespace {

constexpr Nanos kLinger = 5 * kSecond;    // how long leftovers are hunted
constexpr Nanos kAtLeast = 200 * kMilli;  // a worker may just be dying
constexpr Nanos kRound = 20 * kMilli;

void nap(Nanos span) {
  const timespec time = to_timespec(span);
  ::nanosleep(&time, nullptr);
}

void wait_for_end_of(pid_t supervisor) {
  const UniqueFd process = open_process(supervisor);
  while (::getppid() == supervisor) {
    pollfd end{.fd = process.get(), .events = POLLIN, .revents = 0};
    if (!process || ::poll(&end, 1, 10'000) < 0) nap(10 * kRound);
  }
}

int clean_up(Arena& arena, const Cgroup& cgroup, pid_t supervisor) {
  prepare_fusectl_here();
  OwnTasks own(supervisor, cgroup.own_threads());
  const Nanos start = now_ns();
  bool left = true;
  while ((left || now_ns() < start + kAtLeast) && now_ns() < start + kLinger) {
    left = false;
    if (cgroup.version() != 0 && !cgroup.processes().empty()) {
      if (now_ns() > start + kForGuards) cgroup.kill_all();
      left = true;
    }
    for (std::size_t i = 0; i < Arena::kSlots; ++i) {
      const int minor = arena.slot(i).fuse_connection.load(std::memory_order_acquire);
      const std::uint64_t instance = arena.slot(i).fuse_instance.load(std::memory_order_acquire);
      const bool ours = minor != 0 && own.owns_connection({}, {}, minor);
      if (ours && abort_fuse_connection(minor, instance)) left = true;
    }
    nap(kRound);
  }
  if (cgroup.version() != 0) ::rmdir(cgroup.path().c_str());
  return 0;
}

}  // namespace

pid_t start_janitor(Arena& arena, const Cgroup& cgroup, const RunRecord& record) {
  const pid_t supervisor = ::getpid();
  std::vector<int> kept;
  if (record.lock_fd() >= 0) kept.push_back(record.lock_fd());
  const auto pid = fork_helper("hangrate-janitor", kept, false, [&] {
    wait_for_end_of(supervisor);
    const int code = clean_up(arena, cgroup, supervisor);
    // A cgroup that stays keeps its record, for the next run.
    const bool left = cgroup.version() != 0 && ::access(cgroup.path().c_str(), F_OK) == 0;
    if (!left && !has_marked_cgroup(record.mark()) && !record.path().empty()) {
      ::unlink(record.path().c_str());
    }
    return code;
  });
  return pid ? *pid : -1;
}

}  // namespace hangrate
