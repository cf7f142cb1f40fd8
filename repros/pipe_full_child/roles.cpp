// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/pipe_full_child/roles.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hangrate::pipe_full_child {

namespace {

[[noreturn]] void end_in_trouble(const Script& script) {
  script.ledger->trouble.store(errno);
  ::_exit(kExitTrouble);
}

/// Ties this process to its parent: it dies with it, so that no end of a trial leaves it behind.
void die_with(int parent, const char* name) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(kExitTrouble);  // it was gone before the line above
  ::prctl(PR_SET_NAME, name);
}

/// Writes the ordered number of bytes, a line a call.
void write_lines(const Script& script, int fd) {
  std::uint64_t left = script.bytes;
  while (left > 0) {
    const ssize_t done =
        ::write(fd, script.line,
                static_cast<std::size_t>(std::min<std::uint64_t>(left, script.line_bytes)));
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) end_in_trouble(script);
    left -= static_cast<std::uint64_t>(done);
    script.ledger->written.fetch_add(static_cast<std::uint64_t>(done), std::memory_order_relaxed);
  }
}

[[noreturn]] void run_child(const Script& script, int parent) {
  die_with(parent, "full-child");
  if (script.story == Story::KeepReadEnd) ::_exit(kExitGood);
  if (::dup2(script.write_fd, STDOUT_FILENO) < 0) end_in_trouble(script);
  ::close(script.read_fd);
  ::close(script.write_fd);
  write_lines(script, STDOUT_FILENO);
  ::_exit(kExitGood);
}

/// Reads until end of file. `poll_first`: the descriptor does not block, poll(2) waits for it.
void drain(const Script& script, bool poll_first) {
  std::array<char, 16384> page;
  while (true) {
    const ssize_t got = ::read(script.read_fd, page.data(), page.size());
    if (got == 0) return;
    if (got > 0) {
      script.ledger->read.fetch_add(static_cast<std::uint64_t>(got), std::memory_order_relaxed);
    } else if (errno == EAGAIN && poll_first) {
      pollfd item{script.read_fd, POLLIN, 0};
      if (::poll(&item, 1, -1) < 0 && errno != EINTR) end_in_trouble(script);
    } else if (errno != EINTR) {
      end_in_trouble(script);
    }
  }
}

void* drain_in_thread(void* script) {
  drain(*static_cast<const Script*>(script), false);
  return nullptr;
}

/// Waits for C. Ends P in trouble if C did not end well.
void wait_for_child(const Script& script, pid_t child) {
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED) < 0) {
    if (errno != EINTR) end_in_trouble(script);
  }
  if (info.si_code != CLD_EXITED || info.si_status != kExitGood) ::_exit(kExitTrouble);
}

}  // namespace

void run_parent(const Script& script) {
  die_with(script.worker, "full-parent");
  const pid_t self = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) end_in_trouble(script);
  if (child == 0) run_child(script, self);
  Ledger& ledger = *script.ledger;
  ledger.child.store(child);

  switch (script.story) {
    case Story::Deadlock:
      ::close(script.write_fd);
      ledger.step.store(ParentStep::Waiting);
      wait_for_child(script, child);
      ::_exit(kExitGood);
    case Story::DrainPoll:
      ::close(script.write_fd);
      ledger.step.store(ParentStep::Draining);
      // The read end has a file description of its own: C's write end stays blocking.
      if (::fcntl(script.read_fd, F_SETFL, O_NONBLOCK) < 0) end_in_trouble(script);
      drain(script, true);
      wait_for_child(script, child);
      break;
    case Story::DrainThread: {
      ::close(script.write_fd);
      ledger.step.store(ParentStep::Draining);
      pthread_t reader{};
      Script copy = script;
      errno = ::pthread_create(&reader, nullptr, drain_in_thread, &copy);
      if (errno != 0) end_in_trouble(script);
      wait_for_child(script, child);
      ::pthread_join(reader, nullptr);
      break;
    }
    case Story::KeepReadEnd:
      wait_for_child(script, child);
      ledger.step.store(ParentStep::Writing);
      write_lines(script, script.write_fd);
      ::_exit(kExitGood);
  }
  ::_exit(ledger.read.load() == script.bytes ? kExitGood : kExitBytesLost);
}

}  // namespace hangrate::pipe_full_child
