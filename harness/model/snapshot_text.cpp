// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/model/snapshot_text.h"

#include <charconv>
#include <cstdio>
#include <map>

#include "harness/base/text.h"
#include "harness/model/proc_text.h"

namespace hangrate {

namespace {

/// The words of a text, whatever white space is between them.
std::vector<std::string_view> words_of(std::string_view text) {
  constexpr std::string_view kBlank = " \t";
  std::vector<std::string_view> words;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
    if (text.empty()) return words;
    const std::size_t end = std::min(text.find_first_of(kBlank), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

template <typename Take>
void each_line(std::string_view text, Take take) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    take(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::uint64_t number_in(std::string_view text, int base = 10) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, base);
  return value;
}

/// All epolls are one inode; what each watches tells them apart. Two that watch the same are taken
/// for one.
std::string epoll_name(std::string_view fdinfo) {
  const std::size_t at = fdinfo.find("tfd:");
  if (at == fdinfo.npos) return "an epoll that watches nothing";
  return "epoll " + std::to_string(std::hash<std::string_view>{}(fdinfo.substr(at)));
}

/// "tfd:        5 events:       19 data: 5  pos:0 ino:61 sdev:5"
Watched watched_of(const std::vector<std::string_view>& words) {
  Watched watched;
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::string_view word = words[i];
    const bool more = i + 1 < words.size();
    if (word == "tfd:" && more) watched.number = static_cast<int>(number_in(words[i + 1]));
    if (word == "events:" && more) {
      watched.events = static_cast<std::uint32_t>(number_in(words[i + 1], 16));
    }
    if (take(word, "ino:")) watched.inode = number_in(word, 16);
  }
  return watched;
}

/// "1: FLOCK  ADVISORY  WRITE 359 00:13:11691 0 EOF", with its owner.
LockWait lock_of(const std::vector<std::string_view>& words) {
  LockWait lock;
  lock.owner = -1;
  std::from_chars(words[4].data(), words[4].data() + words[4].size(), lock.owner);
  lock.kind = words[1];
  lock.file = words[5];
  for (std::size_t i = 1; i < words.size(); ++i) {
    lock.lock += (i == 1 ? "" : " ") + std::string(words[i]);
  }
  return lock;
}

}  // namespace

ObjectKind object_kind(std::string_view target) {
  if (target.starts_with("pipe:[")) return ObjectKind::Pipe;
  if (target.starts_with("socket:[")) return ObjectKind::Socket;
  if (target == "anon_inode:[eventfd]") return ObjectKind::EventFd;
  if (target == "anon_inode:[eventpoll]") return ObjectKind::Epoll;
  if (target == "/dev/fuse") return ObjectKind::FuseDevice;
  if (target.starts_with("/dev/pts/") || target.starts_with("/dev/tty"))
    return ObjectKind::Terminal;
  if (target == "/dev/ptmx" || target == "/dev/console") return ObjectKind::Terminal;
  return ObjectKind::Other;
}

constexpr std::string_view kUnlinked = "unlinked file ";

std::string unlinked_name(std::uint64_t device, std::uint64_t inode) {
  return std::string(kUnlinked) + std::to_string(device) + ":" + std::to_string(inode);
}

bool is_unlinked(std::string_view object) {
  return object.starts_with(kUnlinked);
}

bool has_details(std::string_view target) {
  const ObjectKind kind = object_kind(target);
  return kind == ObjectKind::EventFd || kind == ObjectKind::Epoll || kind == ObjectKind::Socket ||
         kind == ObjectKind::FuseDevice || target == "anon_inode:[io_uring]";
}

void take_fdinfo(std::string_view text, Descriptor& descriptor, SeenProcess& process) {
  if (descriptor.kind == ObjectKind::Epoll) descriptor.object = epoll_name(text);
  each_line(text, [&](std::string_view line) {
    const auto words = words_of(line);
    if (words.size() < 2) return;
    const std::string_view key = words.front();
    const std::uint64_t number = number_in(words[1]);
    if (key == "eventfd-id:") descriptor.object = "eventfd " + std::string(words[1]);
    if (key == "tfd:") descriptor.watched.push_back(watched_of(words));
    if (key == "fuse_connection:") {
      descriptor.connection = static_cast<int>(number);
      descriptor.object = "fuse " + std::string(words[1]);
    }
    if (key == "scm_fds:" && number != 0) process.hands_over = true;
    if (key == "SqMask:") process.rings = true;
    if (key == "UserFiles:" && number != 0) process.registered = true;
  });
}

std::uint64_t inode_in(std::string_view object) {
  const std::size_t at = object.find(":[");
  return at != object.npos ? number_in(object.substr(at + 2)) : 0;
}

bool waits_for_description(const TaskSample& task) {
  constexpr std::uint64_t kSetLockWait = 38;  // F_OFD_SETLKW of asm-generic/fcntl.h
  return task.syscall_name == "fcntl" && syscall_argument(task, 1).value_or(0) == kSetLockWait;
}

std::vector<LockWait> parse_locks(std::string_view text) {
  std::vector<LockWait> waits;
  std::map<std::string, LockWait, std::less<>> held;  // by the number of the lock: "12:"
  std::map<std::string, int> alike;
  each_line(text, [&](std::string_view line) {
    auto words = words_of(line);
    const bool waits_here = words.size() > 1 && words[1] == "->";
    if (waits_here) words.erase(words.begin() + 1);
    if (words.size() < 6) return;
    LockWait lock = lock_of(words);
    if (!waits_here) {
      ++alike[lock.lock];
      held[std::string(words[0])] = std::move(lock);
      return;
    }
    lock.waiter = lock.owner;
    const auto root = held.find(words[0]);
    lock.owner = root != held.end() ? root->second.owner : -1;
    lock.lock = root != held.end() ? root->second.lock : "";
    waits.push_back(std::move(lock));
  });
  for (LockWait& wait : waits) wait.only_one = alike[wait.lock] == 1;
  return waits;
}

std::vector<std::string> held_locks(std::string_view fdinfo) {
  std::vector<std::string> locks;
  each_line(fdinfo, [&](std::string_view line) {
    if (!take(line, "lock:")) return;
    const auto words = words_of(line);
    if (words.size() > 5 && words[1] != "->") locks.push_back(lock_of(words).lock);
  });
  return locks;
}

std::string lock_file(std::string_view fdinfo, std::string_view mountinfo) {
  std::string_view mount;
  std::string_view inode;
  each_line(fdinfo, [&](std::string_view line) {
    const auto words = words_of(line);
    if (words.size() == 2 && words[0] == "mnt_id:") mount = words[1];
    if (words.size() == 2 && words[0] == "ino:") inode = words[1];
  });
  std::string file;
  each_line(mountinfo, [&](std::string_view line) {  // "36 35 98:0 / /mnt rw ..."
    const auto words = words_of(line);
    if (words.size() < 3 || mount.empty() || inode.empty() || words[0] != mount) return;
    const std::size_t colon = std::min(words[2].find(':'), words[2].size() - 1);
    char device[32];
    std::snprintf(device, sizeof device, "%02x:%02x:", static_cast<unsigned>(number_in(words[2])),
                  static_cast<unsigned>(number_in(words[2].substr(colon + 1))));
    file = device + std::string(inode);
  });
  return file;
}

std::vector<MemoryMapping> parse_maps(std::string_view text) {
  std::vector<MemoryMapping> all;
  each_line(text, [&](std::string_view line) {
    const auto words = words_of(line);
    if (words.size() < 5 || words[1].size() < 4) return;
    MemoryMapping mapping;
    mapping.from = number_in(words[0], 16);
    mapping.to = number_in(words[0].substr(std::min(words[0].find('-') + 1, words[0].size())), 16);
    mapping.writes = words[1][1] == 'w';
    mapping.shared = words[1][3] == 's';
    mapping.file = std::string(words[3]) + ":" + std::string(words[4]);
    if (words.size() > 5) {
      mapping.name = line.substr(static_cast<std::size_t>(words[5].data() - line.data()));
    }
    all.push_back(std::move(mapping));
  });
  return all;
}

/// mm/shmem.c shmem_zero_setup(), mm/memfd.c, ipc/shm.c newseg() ("/SYSV..."), v5.10 to v7.2.
/// Kernel memory without a folder belongs to a driver.
bool is_private_file(const MemoryMapping& mapping) {
  const std::string_view name = mapping.name;
  if (!name.ends_with(" (deleted)")) return false;
  return name.starts_with("/memfd:") || name.find('/', 1) != name.npos;
}

std::vector<MemoryWanted> memory_wanted(const TaskSample& task) {
  const auto argument = [&](std::size_t index) {
    return syscall_argument(task, index).value_or(0);
  };
  std::vector<MemoryWanted> parts;
  if (task.syscall_name == "futex") {
    if (argument(0) != 0) parts.push_back({argument(0), sizeof(std::uint32_t)});
  } else if (task.syscall_name == "poll" || task.syscall_name == "ppoll") {
    const bool some = argument(1) != 0 && argument(1) <= kMostPolled;
    if (argument(0) != 0 && some) parts.push_back({argument(0), argument(1) * kPollEntry});
  } else if (task.syscall_name == "select" || task.syscall_name == "pselect6") {
    const std::size_t bytes = argument(0) <= kMostSelected ? select_bytes(argument(0)) : 0;
    for (std::size_t set = 1; set <= kSelectSets && bytes != 0; ++set) {
      if (argument(set) != 0) parts.push_back({argument(set), bytes});
    }
  }
  return parts;
}

}  // namespace hangrate
