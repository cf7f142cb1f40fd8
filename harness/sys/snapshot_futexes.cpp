// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/snapshot_futexes.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <sys/stat.h>

#include "harness/model/proc_text.h"
#include "harness/sys/proc_folder.h"

namespace hangrate {

namespace {

/// linux/futex.h: the word is found by what is mapped there, and not by the memory of its process
/// alone.
bool may_be_shared(const TaskSample& task) {
  constexpr std::uint64_t kPrivate = 128;
  return task.syscall_name == "futex" && (syscall_argument(task, 1).value_or(0) & kPrivate) == 0;
}

}  // namespace

void SnapshotFutexes::read() {
  read_own();
  if (files_.empty() || find_mappers()) return;
  for (const auto& [tid, file] : files_) seen_.futexes.erase(tid);
}

void SnapshotFutexes::read_own() {
  for (const auto& [tid, task] : seen_.tasks) {
    if (asleep(task.sample.state) && may_be_shared(task.sample)) read_task(task.sample);
  }
}

/// Where nothing is shared the page is its own, even of a file: the kernel makes it a copy first,
/// as for a write.
void SnapshotFutexes::read_task(const TaskSample& task) {
  const std::uint64_t word = syscall_argument(task, 0).value_or(0);
  const auto all = mappings(task.pid);
  if (!all) return;
  for (const MemoryMapping& mapping : *all) {
    if (word < mapping.from || word >= mapping.to || !mapping.writes) continue;
    FutexMemory& memory = seen_.futexes[task.tid];
    memory.shared = mapping.shared;
    if (!mapping.shared) continue;
    memory.object = name_of(task.pid, mapping);
    files_[task.tid] = mapping.file;
  }
}

std::optional<std::vector<MemoryMapping>> SnapshotFutexes::mappings(int pid) const {
  begin_(pid);
  std::string text;
  if (!read_proc("/proc/" + std::to_string(pid) + "/maps", text)) return std::nullopt;
  return parse_maps(text);
}

/// Its server is not asked. What stat(2) and the kernel name differently is not told apart from a
/// file with a name.
std::string SnapshotFutexes::name_of(int pid, const MemoryMapping& mapping) {
  if (!is_private_file(mapping)) return mapping.name;
  char path[96];
  std::snprintf(path, sizeof path, "/proc/%d/map_files/%llx-%llx", pid,
                static_cast<unsigned long long>(mapping.from),
                static_cast<unsigned long long>(mapping.to));
  struct statx file {};
  const unsigned wanted = STATX_NLINK | STATX_INO;
  if (::statx(AT_FDCWD, path, AT_STATX_DONT_SYNC, wanted, &file) != 0) return mapping.name;
  char known[64];
  std::snprintf(known, sizeof known, "%02x:%02x:%llu", file.stx_dev_major, file.stx_dev_minor,
                static_cast<unsigned long long>(file.stx_ino));
  const bool is_it = (file.stx_mask & wanted) == wanted && mapping.file == known;
  if (!is_it || file.stx_nlink != 0) return mapping.name;
  const std::uint64_t device = std::uint64_t{file.stx_dev_major} << 32 | file.stx_dev_minor;
  const std::string name = unlinked_name(device, file.stx_ino);
  paths_[name] = path;
  return name;
}

/// False: it is not known who maps them. Who was born since the look at the tasks, and has them of
/// one that is gone by now, is nobody's releaser: then it is not known either.
bool SnapshotFutexes::find_mappers() {
  for (const auto& [pid, process] : seen_.processes) {
    if (process.opaque.empty() && !note_mapper(pid)) return false;
  }
  bool known = true;
  each_number("/proc", [&](int pid) {
    const bool seen = seen_.processes.contains(pid);
    known = known && (seen || (note_mapper(pid) && !is_mapper(pid)));
  });
  return known;
}

/// False: its mappings cannot be read, and it is there.
bool SnapshotFutexes::note_mapper(int pid) {
  const auto all = mappings(pid);
  if (!all) return errno == ENOENT || errno == ESRCH;
  for (const auto& [tid, file] : files_) {
    const bool maps =
        std::any_of(all->begin(), all->end(),
                    [&wanted = file](const MemoryMapping& one) { return one.file == wanted; });
    if (maps) seen_.futexes[tid].mappers.push_back(pid);
  }
  return true;
}

bool SnapshotFutexes::is_mapper(int pid) const {
  return std::any_of(files_.begin(), files_.end(), [&](const auto& entry) {
    const std::vector<int>& pids = seen_.futexes.at(entry.first).mappers;
    return std::find(pids.begin(), pids.end(), pid) != pids.end();
  });
}

}  // namespace hangrate
