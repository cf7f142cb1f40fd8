// SPDX-License-Identifier: GPL-2.0-or-later
//
// SnapshotObjects: adds to a look at tasks what their processes hold. Private to sys/.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>

#include "harness/model/snapshot.h"

namespace hangrate {

class SnapshotObjects {
 public:
  /// `begin` hears of every process before it is read.
  SnapshotObjects(Snapshot& seen, std::function<void(int)> begin)
      : seen_(seen), begin_(std::move(begin)) {}
  void read();
  /// Only what the waits of its own tasks are about.
  void read_waits();

 private:
  std::map<int, int> read_processes();
  void read_process(int pid, int living, SeenProcess& process);
  void read_descriptor(const std::string& folder, int number, SeenProcess& process);
  void name_unlinked(const std::string& path, Descriptor& descriptor) const;
  void settle_epolls(SeenProcess& process) const;
  void read_sharers(const std::map<int, int>& living);
  void read_memory();
  void read_births(const std::map<std::string, std::string>& mapped);
  void note_birth(const std::string& object, const std::string& path, bool by_change);
  void read_locks();
  void name_file(const TaskSample& task);
  void read_fuse();
  void read_peers();
  void read_tcp_peers();

  Snapshot& seen_;
  const std::function<void(int)> begin_;
  bool opaque_ = false;  ///< there is a process that cannot be looked into
};

}  // namespace hangrate
