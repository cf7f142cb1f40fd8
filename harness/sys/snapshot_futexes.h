// SPDX-License-Identifier: GPL-2.0-or-later
//
// SnapshotFutexes: adds to a look at tasks what the futexes lie in that other processes may share.
// Private to sys/.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/model/snapshot.h"
#include "harness/model/snapshot_text.h"

namespace hangrate {

class SnapshotFutexes {
 public:
  /// `begin` hears of every process before it is read.
  SnapshotFutexes(Snapshot& seen, const std::function<void(int)>& begin)
      : seen_(seen), begin_(begin) {}
  void read();
  /// Without who maps them.
  void read_own();
  /// A path for stat(2) of each file that was found, by its name.
  const std::map<std::string, std::string>& paths() const { return paths_; }

 private:
  void read_task(const TaskSample& task);
  std::optional<std::vector<MemoryMapping>> mappings(int pid) const;
  std::string name_of(int pid, const MemoryMapping& mapping);
  bool find_mappers();
  bool note_mapper(int pid);
  bool is_mapper(int pid) const;

  Snapshot& seen_;
  const std::function<void(int)>& begin_;
  std::map<int, std::string> files_;          ///< by tid: of a futex in a file, MemoryMapping::file
  std::map<std::string, std::string> paths_;  ///< by FutexMemory::object
};

}  // namespace hangrate
