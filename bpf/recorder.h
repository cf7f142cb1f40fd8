// SPDX-License-Identifier: GPL-2.0-or-later
//
// The flight recorder: kernel programs write what watched processes do into rings that wrap, always
// on; a snapshot reads back what one trial did. Used by harness/run and harness/cli.
// It never blocks, never touches a victim, and is never required: start() says in one line why it
// cannot work here, and everything else goes on without.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

#include "harness/base/clock.h"
#include "harness/base/error.h"
#include "harness/model/record.h"
#include "harness/model/trace.h"

namespace hangrate {

using HookStatus = HookFact;

struct RecorderOptions {
  std::size_t bytes_per_cpu = 4U << 20;  ///< rounded down to a power of two
  std::size_t bytes_total = 256U << 20;  ///< CPUs get less if there are that many
  /// The user stack at every sleep in a traced call, by frame pointer: 270 ns each, twice the price
  /// of the sleep itself.
  bool user_stacks = false;
  std::vector<std::string> probes = {};   ///< folders of bpf/, {} = all; fewer start faster
  std::vector<std::string> without = {};  ///< hooks to leave out, by name
};

struct RecorderStats {
  std::uint64_t events = 0;       ///< written since start
  std::uint64_t overwritten = 0;  ///< of them gone: the rings wrapped
  std::uint64_t dropped = 0;      ///< not written: programs nested too deep
  std::uint64_t missed = 0;       ///< runs the kernel refused because the program ran already
  std::uint64_t unfollowed = 0;   ///< tasks that found no place in the table
  std::size_t memory = 0;         ///< bytes of rings and table
};

struct SnapshotRequest {
  Nanos from = 0;   ///< start of the trial
  Nanos until = 0;  ///< 0 = now
  pid_t root = 0;   ///< the process given to watch()
  /// Parties of the trial: tid, pid, role. Tasks that they or the root make in the window are in it
  /// as well; what is left of older trials is not.
  std::vector<TraceTask> tasks = {};
};

class Recorder {
 public:
  /// Loads and attaches what this kernel allows.
  static Result<Recorder> start(const RecorderOptions& options = {});

  Recorder(Recorder&&) noexcept;
  Recorder& operator=(Recorder&&) noexcept;
  ~Recorder();

  /// Follows this process and all it will fork; call it before it forks. It reads the process's
  /// /proc: never call it for a possible victim.
  Result<void> watch(pid_t pid);

  /// A lease of `pid` begins: what the kernel does not show from now on counts as lost in its
  /// traces.
  void begin(pid_t pid);

  /// Follows it and what it forks from now on no more. What was recorded stays. Reads no /proc.
  void forget(pid_t pid);

  Trace snapshot(const SnapshotRequest& request);

  const std::vector<HookStatus>& hooks() const;
  RecorderStats stats() const;

 private:
  struct Parts;
  explicit Recorder(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace hangrate
