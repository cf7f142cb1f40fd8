// SPDX-License-Identifier: GPL-2.0-or-later
//
// ProcReader: reads /proc of possibly wedged tasks in a sacrificial helper process, so that the
// supervisor never does. Reading /proc of a wedged task can block the reader (`ps` in D state is
// the known case); a helper that misses its deadline is killed, abandoned and replaced, and the
// file it was stuck on becomes evidence. What it read before is not lost with it: answers come
// piece by piece, and what may take a lock of the victim is asked last. Nothing here blocks.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "harness/base/clock.h"
#include "harness/base/unique_fd.h"
#include "harness/model/evidence.h"
#include "harness/sys/own_tasks.h"

namespace hangrate {

struct ReadTarget {
  std::int32_t pid = 0;
  std::int32_t tid = 0;  ///< 0: every thread of `pid`
  std::int32_t poll_fd = -1;
  std::int16_t poll_events = 0;
  std::int16_t victim = 0;
  std::int16_t ask_pipe = 1;  ///< 0: not the ioctls that wait for the lock of a pipe
  std::uint64_t started = 0;  ///< of the task, for a signal: field 22 of proc_pid_stat(5)
  char role[16] = {};
};

class ProcAssembler;

/// How much of a task to read. State, context switches and wait channel tell whether it moved;
/// stack and system call tell where it is, and cost more than the rest together.
enum class Depth : std::uint32_t { Motion, Full };

class ProcReader {
 public:
  /// `proc_root` is "/proc" but for tests. `cgroup_threads`: the members of the run thread by
  /// thread, "" = unknown.
  explicit ProcReader(std::string proc_root = "/proc", std::string cgroup_threads = "");
  ~ProcReader();  ///< kills the helper, does not wait for it
  ProcReader(const ProcReader&) = delete;
  ProcReader& operator=(const ProcReader&) = delete;

  /// Descriptor that becomes readable when receive() has something; changes with each restart.
  int fd() const { return socket_.get(); }
  /// Counts the helpers. A new one has a new socket, even if it gets an old number again.
  std::uint64_t generation() const { return generation_; }
  pid_t helper() const { return helper_; }

  /// Orders one SampleSet of `targets` (at most 8), to be given up `patience` ns after the helper
  /// got it. The returned id comes back with the answer. A target that is none of ours is not
  /// looked at.
  std::uint64_t request(const std::vector<ReadTarget>& targets, Nanos patience,
                        Depth depth = Depth::Full, const Namer& namer = {});
  /// Orders `number` to be sent to the processes of those `targets` that are ours, and still the
  /// same by their `started`. Takes its turn; its id comes back with an empty answer.
  std::uint64_t signal(const std::vector<ReadTarget>& targets, int number, const Namer& namer);
  /// Orders an abort of a FUSE connection that is ours, for victims whose worker cannot do it any
  /// more; `instance` is the inode of its folder in fusectl. Takes its turn; has no answer.
  void abort_fuse(int minor_number, std::uint64_t instance, const Namer& namer,
                  const std::vector<ReadTarget>& holders);
  /// The workers that live now, at most 64: none of them names a task of another.
  void know_workers(std::vector<pid_t> workers) { workers_ = std::move(workers); }

  struct Answer {
    std::uint64_t id = 0;
    SampleSet samples;
    bool stuck_in_pipe = false;  ///< the helper did not come back from an ioctl of the descriptor
    std::vector<pid_t> foreign;  ///< targets that are none of ours
  };
  /// An answer that is there, or one given up at its deadline (an Absence "helper" says why). Also
  /// replaces a helper that died: call it whenever fd() is readable.
  std::optional<Answer> receive();
  /// When receive() should be called even if fd() stays silent; nullopt: nothing is outstanding.
  std::optional<Nanos> next_deadline() const;

  /// How many helpers got stuck or died and were replaced. With kMostStuck of them still there, or
  /// as many in a row that never answered, there is no new one and every request is given up.
  int abandoned() const { return abandoned_; }
  static constexpr int kMostStuck = 32;
  /// Why there is no helper; empty while there is one.
  const std::string& trouble() const { return trouble_; }

 private:
  struct Pending {
    std::uint64_t id = 0;
    std::vector<ReadTarget> targets;
    Nanos patience = 0;
    Depth depth = Depth::Full;
    Namer namer;
    std::int32_t signal = 0;       ///< not 0: a signal
    std::int32_t abort_minor = 0;  ///< not 0: an abort
    std::uint64_t abort_instance = 0;
    bool sent = false;
    bool risky = false;  ///< all that a verdict needs has come
    Nanos when = 0;
    Nanos due = 0;
  };

  void start();
  void replace();
  void send_next();
  Answer give_up();
  std::optional<Answer> take_packet(std::string_view packet);

  std::uint64_t order(Pending order);

  std::string proc_root_;
  std::string cgroup_threads_;
  std::vector<pid_t> workers_;
  UniqueFd socket_;
  std::uint64_t generation_ = 0;
  pid_t helper_ = -1;
  std::deque<Pending> pending_;
  std::unique_ptr<ProcAssembler> assembler_;  ///< of the request that is with the helper
  std::uint64_t next_id_ = 1;
  int abandoned_ = 0;
  int fruitless_ = 0;         ///< helpers in a row without an answer
  std::vector<pid_t> stuck_;  ///< killed and not gone yet
  std::string trouble_;
  Nanos started_ = 0;           ///< when a helper was last tried to be started
  char* breadcrumb_ = nullptr;  ///< shared: the path the helper is about to read
};

}  // namespace hangrate
