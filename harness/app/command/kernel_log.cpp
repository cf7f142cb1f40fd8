// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/app/command/kernel_log.h"

#include <array>
#include <cerrno>

#include <unistd.h>

#include "harness/console/console_line.h"

namespace hangrate {

namespace {

constexpr std::size_t kLongestRecord = 8192;  // CONSOLE_EXT_LOG_MAX; PRINTKRB_RECORD_MAX since v6.4
constexpr int kMostRecords = 100'000;         // of one call: a kernel that never stops ends it too

}  // namespace

std::optional<std::string> kernel_message(std::string_view record) {
  const auto line = parse_log_record(record);
  if (!line || line->foreign) return std::nullopt;
  return std::string(line->message);
}

void KernelLog::follow(int fd) {
  fd_ = fd;
  if (fd_ >= 0) ::lseek(fd_, 0, SEEK_END);
}

std::optional<std::string> KernelLog::first_match(const std::regex& pattern) {
  std::optional<std::string> found;
  std::array<char, kLongestRecord> room;
  for (int records = 0; fd_ >= 0 && records < kMostRecords; ++records) {
    const ssize_t size = ::read(fd_, room.data(), room.size());
    lost_ = lost_ || (size < 0 && errno == EPIPE);
    if (size < 0 && (errno == EPIPE || errno == EINTR || errno == EINVAL)) continue;
    if (size <= 0) break;
    const auto message = kernel_message({room.data(), static_cast<std::size_t>(size)});
    if (!found && message && std::regex_search(*message, pattern)) found = message;
  }
  return found;
}

}  // namespace hangrate
