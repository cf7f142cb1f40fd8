// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/base/input.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace hangrate {

namespace {

Error not_regular(const std::string& path, unsigned mode) {
  return Error::usage(path + " is " + kind_of_file(mode) + ", not a regular file: copy what it " +
                      "gives into a file and name that");
}

Error unopened(const std::string& path) {
  const bool machine = errno == EIO || errno == ENOMEM || errno == EMFILE || errno == ENFILE;
  return Error::from_errno("open(" + path + ")")
      .as(machine ? ErrorKind::Infrastructure : ErrorKind::Usage);
}

}  // namespace

std::string kind_of_file(unsigned mode) {
  if (S_ISREG(mode)) return "a file";
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

Result<UniqueFd> open_input(const std::string& path) {
  struct stat info {};
  // Asked before it is opened: opening a device may do something (a tape, a watchdog).
  if (::stat(path.c_str(), &info) != 0) return fail(unopened(path));
  if (!S_ISREG(info.st_mode)) return fail(not_regular(path, info.st_mode));
  UniqueFd file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file) return fail(unopened(path));
  if (::fstat(file.get(), &info) != 0) return fail(Error::from_errno("fstat(" + path + ")"));
  if (!S_ISREG(info.st_mode)) return fail(not_regular(path, info.st_mode));
  return file;
}

Result<std::string> read_input(const std::string& path, std::size_t largest) {
  const auto file = open_input(path);
  if (!file) return fail(file.error());
  std::string text;
  char chunk[65536];
  while (true) {
    const ssize_t n = ::read(file->get(), chunk, sizeof chunk);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(Error::from_errno("read(" + path + ")"));
    if (n == 0) return text;
    text.append(chunk, static_cast<std::size_t>(n));
    if (text.size() > largest) {
      return fail(Error::usage(path + " has more than " + std::to_string(largest) +
                               " bytes: too large for what it should be"));
    }
  }
}

}  // namespace hangrate
