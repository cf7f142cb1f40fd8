// SPDX-License-Identifier: GPL-2.0-or-later
//
// Actor: a second task, thread or process, that makes one system call after another on order, so
// that the call may hang while the worker stays free. It lives as long as the worker; handing it a
// job costs one futex call. A process actor shares the file table (CLONE_FILES), so descriptors
// made later are its own too.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "harness/base/clock.h"
#include "harness/base/unique_fd.h"

namespace hangrate::kit {

enum class ActorKind { Thread, Process };

/// Where and how an actor runs. `cpu` -1: anywhere. `policy` a SCHED_* number.
struct Placement {
  int cpu = -1;
  int policy = 0;
};

enum class JobVerb : std::uint32_t { Write, Splice };

/// What to do: write `bytes` to `fd`, `chunk` bytes a call; or splice `bytes` from `from_fd` (from
/// its start) to `fd`.
struct Job {
  JobVerb verb = JobVerb::Write;
  int fd = -1;
  int from_fd = -1;
  std::size_t bytes = 0;
  std::size_t chunk = 0;
};

class Actor {
 public:
  Actor() = default;
  ~Actor();
  Actor(const Actor&) = delete;
  Actor& operator=(const Actor&) = delete;

  /// Starts the task. Returns "" or what failed (affinity, policy, clone), with errno text.
  std::string start(ActorKind kind, const Placement& placement);

  /// Orders a job. The previous one must be finished.
  void post(const Job& job);
  /// True once every byte of the job is done, or a call failed.
  bool finished() const;
  /// Waits for finished(), at most `at_most` ns.
  void wait(Nanos at_most) const;
  /// True if the task is asleep inside the job's system call, by /proc/.../stat. Never blocks for
  /// it.
  bool asleep() const;
  /// Bytes done, or -errno of the call that failed.
  std::int64_t result() const;

  int pid() const { return pid_; }
  int tid() const { return tid_; }

 private:
  struct Shared;
  static int run(void* shared);

  Shared* shared_ = nullptr;
  UniqueFd stat_fd_;
  int pid_ = 0;
  int tid_ = 0;
};

/// Pins the calling task to `cpu` (-1: no change) and gives it `policy`. Returns "" or what failed.
std::string place_self(const Placement& placement);

/// Gives task `tid` (0: the calling one) the CPU and the policy, SCHED_OTHER included. Returns ""
/// or what failed.
std::string place_task(int tid, const Placement& placement);

/// CPUs this process may use, in ascending order; at least one.
std::vector<int> allowed_cpus();

}  // namespace hangrate::kit
