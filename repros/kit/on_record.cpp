// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/kit/on_record.h"

#include <cstdio>
#include <cstdlib>

#include <fcntl.h>
#include <unistd.h>

#include "harness/base/unique_fd.h"
#include "repros/kit/protocol.h"

namespace hangrate::kit {

namespace {

std::string variable(const char* name) {
  const char* text = std::getenv(name);
  return text != nullptr ? text : "";
}

/// A descriptor of our own: the supervisor's holds the lock, which must not be held by a wedged
/// task.
int record_file() {
  static const UniqueFd file(
      ::open(variable(protocol::kRecordVariable).c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC));
  return file.get();
}

}  // namespace

std::string run_mark() {
  const std::string path = variable(protocol::kRecordVariable);
  if (path.empty()) return "hangrate";
  return path.substr(path.rfind('/') + 1) + "-" + variable(protocol::kRecordLineVariable);
}

void record_connection(int number, std::uint64_t instance) {
  if (record_file() < 0) return;
  static const long line = std::atol(variable(protocol::kRecordLineVariable).c_str());
  char text[protocol::kRecordLine + 1];
  std::snprintf(text, sizeof text, "fuse %d %llu ", number,
                static_cast<unsigned long long>(instance));
  std::string padded(text);
  padded.resize(protocol::kRecordLine - 1, ' ');
  padded += '\n';
  const auto where = static_cast<off_t>(protocol::kRecordHead) +
                     static_cast<off_t>(line) * static_cast<off_t>(protocol::kRecordLine);
  // A record that is lost costs the sweep this number only: it finds the mount by its source.
  if (::pwrite(record_file(), padded.data(), padded.size(), where) < 0) return;
}

}  // namespace hangrate::kit
