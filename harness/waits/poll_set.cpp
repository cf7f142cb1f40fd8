// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/waits/poll_set.h"

#include <cstring>
#include <string_view>

#include "harness/model/proc_text.h"
#include "harness/model/snapshot_text.h"

namespace hangrate {

namespace {

/// fs/select.c POLLIN_SET, POLLOUT_SET and POLLEX_SET, v5.10 to v7.2: a hang-up ends a wait for
/// input alone, an error does not end one for what is exceptional.
constexpr PolledFile kSets[kSelectSets] = {
    {-1, kPollIn | 0x40 | 0x80, kPollError | kPollHangUp},  // POLLRDNORM, POLLRDBAND
    {-1, kPollOut | 0x100 | 0x200, kPollError},             // POLLWRNORM, POLLWRBAND
    {-1, kPollPriority, 0},
};

std::vector<PolledFile> polled(std::string_view memory) {
  std::vector<PolledFile> all;
  for (std::size_t at = 0; at + kPollEntry <= memory.size(); at += kPollEntry) {
    std::int32_t number = 0;
    std::uint16_t events = 0;
    std::memcpy(&number, memory.data() + at, sizeof number);
    std::memcpy(&events, memory.data() + at + sizeof number, sizeof events);
    if (number >= 0) all.push_back({number, events});
  }
  return all;
}

/// Bits beyond the number of files are not looked at.
void add_set(const PolledFile& like, std::string_view bits, std::size_t files,
             std::vector<PolledFile>& to) {
  for (std::size_t number = 0; number < files; ++number) {
    const auto byte = static_cast<unsigned char>(bits[number / 8]);
    if ((byte >> (number % 8) & 1) == 0) continue;
    to.push_back(like);
    to.back().number = static_cast<int>(number);
  }
}

}  // namespace

bool is_poll(const TaskSample& task) {
  return task.syscall_name == "poll" || task.syscall_name == "ppoll";
}

bool is_select(const TaskSample& task) {
  return task.syscall_name == "select" || task.syscall_name == "pselect6";
}

std::optional<std::vector<PolledFile>> poll_set(const TaskSample& task, const std::string& memory) {
  std::size_t size = 0;
  for (const MemoryWanted& part : memory_wanted(task)) size += part.bytes;
  if (size != memory.size()) return std::nullopt;
  if (is_poll(task)) return polled(memory);
  std::vector<PolledFile> all;
  const std::size_t files = syscall_argument(task, 0).value_or(0);
  const std::size_t bytes = select_bytes(files);
  std::string_view rest = memory;
  for (std::size_t set = 0; set < kSelectSets && !rest.empty(); ++set) {
    if (syscall_argument(task, set + 1).value_or(0) == 0) continue;
    add_set(kSets[set], rest.substr(0, bytes), files, all);
    rest.remove_prefix(bytes);
  }
  return all;
}

}  // namespace hangrate
