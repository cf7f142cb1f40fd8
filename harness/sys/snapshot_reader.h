// SPDX-License-Identifier: GPL-2.0-or-later
//
// SnapshotReader: looks at all tasks of the machine and at what they hold. Any of its reads may
// block for good on a wedged task: only for a process that can be lost. Touches nothing but, for
// questions(), a duplicate of a pipe, socket or eventfd for some microseconds.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "harness/model/snapshot.h"
#include "harness/sys/reader_place.h"

namespace hangrate {

/// What a reader needs to be replaced when it is lost.
struct ReaderLife {
  std::set<int> blocking;        ///< processes whose files blocked an earlier reader: not read
  ReaderPlace* place = nullptr;  ///< where it is; in memory that is shared
};

class SnapshotReader {
 public:
  /// `worth`: of a sleeping task with its call, is more to be read? What is not is a task that goes
  /// on or may, as far as a proof is concerned.
  using Worth = std::function<bool(const TaskSample&)>;
  explicit SnapshotReader(Worth worth, ReaderLife life = {})
      : worth_(std::move(worth)), life_(std::move(life)) {}

  /// State and motion of every task but those of the kernel; of those that sleep the call and place
  /// too. `only`: of these processes alone; empty: of all.
  Snapshot tasks(const std::set<int>& only = {});
  /// What the processes of `seen` hold, and the rest of it, from which releasers are found.
  void objects(Snapshot& seen) const;
  /// Of that what the waits of its own tasks are about: descriptors, memory, what their futexes lie
  /// in, and not who else maps that.
  void waits(Snapshot& seen) const;
  /// The poll(2) events of a descriptor of another process; nullopt: it cannot be had, or its
  /// calls have a time limit.
  std::optional<short> ask(int pid, int descriptor, short events) const;

 private:
  void read_process(int pid, Snapshot& into);
  bool read_task(int pid, int tid, Snapshot& into);
  void number_parents(Snapshot& seen) const;

  void begin(int pid) const;

  Worth worth_;
  ReaderLife life_;
  std::set<int> kernel_threads_;
};

}  // namespace hangrate
