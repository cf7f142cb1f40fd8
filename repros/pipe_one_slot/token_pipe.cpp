// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/pipe_one_slot/token_pipe.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace hangrate::pipe_one_slot {

namespace {

std::size_t page_size() {
  static const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

std::string failed(const char* operation) {
  return std::string(operation) + ": " + std::strerror(errno);
}

}  // namespace

std::string TokenPipe::open(int slots) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) < 0) return failed("pipe2");
  read_end_.reset(ends[0]);
  write_end_.reset(ends[1]);
  const int wanted = slots * static_cast<int>(page_size());
  const int capacity = ::fcntl(ends[1], F_SETPIPE_SZ, wanted);
  if (capacity < 0) return failed("fcntl(F_SETPIPE_SZ)");
  if (capacity != wanted) return "the pipe has " + std::to_string(capacity) + " bytes";
  const std::string path = "/proc/self/fd/" + std::to_string(ends[0]);
  awake_.reset(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  return awake_ ? "" : failed(("open(" + path + ")").c_str());
}

std::string TokenPipe::put_token_at_page_end(char token) {
  std::vector<char> page(page_size(), token);
  if (::write(awake_.get(), page.data(), page.size()) != static_cast<ssize_t>(page.size())) {
    return failed("write(a page)");
  }
  const std::size_t all_but_one = page.size() - 1;
  if (::read(awake_.get(), page.data(), all_but_one) != static_cast<ssize_t>(all_but_one)) {
    return failed("read(all but one byte)");
  }
  return "";
}

TokenPipe::Look TokenPipe::look() const {
  Look seen;
  pollfd item{.fd = write_end_.get(), .events = POLLOUT, .revents = 0};
  seen.room = ::poll(&item, 1, 0) == 1 && (item.revents & POLLOUT) != 0;
  seen.capacity = ::fcntl(write_end_.get(), F_GETPIPE_SZ);
  if (::ioctl(read_end_.get(), FIONREAD, &seen.queued) < 0) seen.queued = seen.capacity;
  return seen;
}

bool TokenPipe::take(char& token) {
  return ::read(awake_.get(), &token, 1) == 1;
}

bool TokenPipe::give(char token) {
  return ::write(awake_.get(), &token, 1) == 1;
}

void TokenPipe::close() {
  read_end_.reset();
  write_end_.reset();
  awake_.reset();
}

}  // namespace hangrate::pipe_one_slot
