// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/fuse_flush_exit/task_life.h"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <string>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "harness/base/scope_exit.h"
#include "harness/base/unique_fd.h"

namespace hangrate::fuse_flush_exit {

namespace {

constexpr std::uint64_t kPfExiting = 0x4;  // include/linux/sched.h, unchanged v5.10 to v7
constexpr std::uint64_t kSigkillBit = 1ULL << (SIGKILL - 1);

constexpr int kStateField = 3;
constexpr int kFlagsField = 9;
constexpr int kPendingField = 31;

std::optional<TaskStat> read_task_stat(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return std::nullopt;
  char line[1024];
  const ssize_t size = ::read(fd.get(), line, sizeof line);
  if (size <= 0) return std::nullopt;
  return parse_task_stat({line, static_cast<std::size_t>(size)});
}

}  // namespace

std::optional<TaskStat> parse_task_stat(std::string_view line) {
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  std::string_view rest = line.substr(name_end + 1);
  TaskStat stat;
  for (int field = kStateField; field <= kPendingField; ++field) {
    const std::size_t start = rest.find_first_not_of(" \n");
    if (start == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(start);
    const std::string_view word = rest.substr(0, rest.find_first_of(" \n"));
    if (field == kStateField) stat.state = word.front();
    if (field == kFlagsField || field == kPendingField) {
      std::uint64_t& value = field == kFlagsField ? stat.flags : stat.pending;
      const char* end = word.data() + word.size();
      const auto [stop, error] = std::from_chars(word.data(), end, value);
      if (error != std::errc{} || stop != end) return std::nullopt;
    }
    rest.remove_prefix(word.size());
  }
  return stat;
}

Life life_of_task(const TaskStat& stat) {
  if (stat.state == 'Z' || stat.state == 'X') return Life::Gone;
  if ((stat.flags & kPfExiting) != 0) return Life::Exiting;
  if ((stat.pending & kSigkillBit) != 0) return Life::Killed;
  return Life::Alive;
}

Life life_of_process(int pid) {
  const std::string folder = "/proc/" + std::to_string(pid) + "/task";
  DIR* threads = ::opendir(folder.c_str());
  if (threads == nullptr) return Life::Gone;
  const ScopeExit close_threads([threads] { ::closedir(threads); });
  Life liveliest = Life::Gone;
  while (const dirent* entry = ::readdir(threads)) {
    if (entry->d_name[0] == '.') continue;
    const auto stat = read_task_stat(folder + '/' + entry->d_name + "/stat");
    if (stat) liveliest = std::min(liveliest, life_of_task(*stat));
  }
  return liveliest;
}

}  // namespace hangrate::fuse_flush_exit
