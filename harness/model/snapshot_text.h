// SPDX-License-Identifier: GPL-2.0-or-later
//
// Pure parsers of what tells the objects of a process: links of /proc/PID/fd, fdinfo, /proc/locks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/model/snapshot.h"

namespace hangrate {

/// Of the target of a link in /proc/PID/fd.
ObjectKind object_kind(std::string_view target);
/// The name of a file that has none any more, by device and inode; and is it one of those?
std::string unlinked_name(std::uint64_t device, std::uint64_t inode);
bool is_unlinked(std::string_view object);
/// Is there more about it in fdinfo?
bool has_details(std::string_view target);
/// Adds what proc_pid_fdinfo(5) says. "fuse_connection:" is there since v6.18, "scm_fds:" since
/// v5.?.
void take_fdinfo(std::string_view text, Descriptor& descriptor, SeenProcess& process);
/// 77 of "pipe:[77]"; 0: the text has none.
std::uint64_t inode_in(std::string_view object);

/// Is it in fcntl(F_OFD_SETLKW)?
bool waits_for_description(const TaskSample& task);
/// Every wait of proc_locks(5) with the lock it waits for.
std::vector<LockWait> parse_locks(std::string_view text);
/// The "lock:" lines of fdinfo, each as LockWait::lock.
std::vector<std::string> held_locks(std::string_view fdinfo);
/// The file of a descriptor as LockWait::file, from its fdinfo and the mountinfo of its process:
/// the device is that of the mount's file system, the inode its own (fdinfo has it since v5.14),
/// which stat(2) need not say. "": not known.
std::string lock_file(std::string_view fdinfo, std::string_view mountinfo);

/// A line of proc_pid_maps(5).
struct MemoryMapping {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  bool writes = false;
  bool shared = false;
  std::string file;  ///< "00:01:1024": device and inode, as the file system itself has them
  std::string name;  ///< "/memfd:x (deleted)"
};
std::vector<MemoryMapping> parse_maps(std::string_view text);
/// Is it a kind of file that has no name, and that nobody maps but by a descriptor or by inheriting
/// it? Not System V memory, nor what drivers keep.
bool is_private_file(const MemoryMapping& mapping);

/// What of a sleeping task's memory its wait is read from: its poll set, the sets of its select
/// that are there, or its futex word. Empty: nothing, or more than is read.
struct MemoryWanted {
  std::uint64_t address = 0;
  std::size_t bytes = 0;
};
std::vector<MemoryWanted> memory_wanted(const TaskSample& task);

inline constexpr std::size_t kPollEntry = 8;  ///< bytes of a struct pollfd
inline constexpr std::size_t kMostPolled = 512;
inline constexpr std::size_t kSelectSets = 3;
inline constexpr std::size_t kMostSelected = 4096;
/// Bytes of a set of select(2) for that many files: whole words, as the kernel reads them.
constexpr std::size_t select_bytes(std::size_t files) {
  return (files + 63) / 64 * 8;
}

}  // namespace hangrate
