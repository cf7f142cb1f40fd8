// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/app/status_line.h"

#include <cstdio>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "harness/report/safe_text.h"

namespace hangrate {

namespace {

constexpr const char* kEraseLine = "\r\033[K";

std::size_t terminal_width() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20) return size.ws_col;
  return 80;
}

}  // namespace

StatusLine::StatusLine(bool live) {
  // A description of our own, so that not blocking is ours alone.
  if (live && ::isatty(STDERR_FILENO) != 0) {
    terminal_.reset(::open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  }
}

void StatusLine::put(const std::string& text) const {
  if (::write(terminal_.get(), text.data(), text.size()) < 0) return;  // stopped: it is lost
}

void StatusLine::show(const std::string& text) {
  if (terminal_) put(kEraseLine + safe_line(text).substr(0, terminal_width() - 1));
}

void StatusLine::news(const std::string& text) {
  if (terminal_) {
    put(kEraseLine + safe_line(text) + "\n");
  } else {
    std::fprintf(stderr, "%s\n", safe_line(text).c_str());
  }
}

void StatusLine::clear() {
  if (terminal_) put(kEraseLine);
}

}  // namespace hangrate
