// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/fuse_flush_exit/keeper.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "repros/fuse_flush_exit/workspace.h"

namespace hangrate::fuse_flush_exit {

namespace {

constexpr std::size_t kPage = 4096;
constexpr Nanos kStartLimit = 10 * kSecond;

/// In a session of its own and with signals blocked, so that ^C or a SIGKILL to the worker's
/// process group does not end the keeper before its work. SIGTERM is how it hears of the worker's
/// death.
[[noreturn]] void keep(int worker, const std::atomic<int>& connection, const Mailbox& ready) {
  ::setsid();
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_BLOCK, &all, nullptr);
  ::prctl(PR_SET_NAME, "fuse-keeper");
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  ready.send(News::Armed);
  // Holds none of the worker's descriptors: nobody must wait for our end of a pipe.
  ::syscall(SYS_close_range, 0U, ~0U, 0U);
  sigset_t death;
  ::sigemptyset(&death);
  ::sigaddset(&death, SIGTERM);
  while (::getppid() == worker) {
    int signal_number = 0;
    ::sigwait(&death, &signal_number);
  }
  if (const int minor_number = connection.load()) abort_fuse_connection(minor_number);
  ::_exit(0);
}

}  // namespace

Keeper::~Keeper() {
  process_.kill();
  process_.reap_within(kSecond);
  if (connection_ != nullptr) ::munmap(connection_, kPage);
}

std::string Keeper::start() {
  void* page = ::mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return std::string("mmap: ") + std::strerror(errno);
  connection_ = new (page) std::atomic<int>(0);
  Mailbox ready;
  std::string failure = ready.open();
  if (!failure.empty()) return failure;
  const int worker = ::getpid();
  failure = process_.start(0, [&] { keep(worker, *connection_, ready); });
  ready.keep_reader();
  // Until it listens for our death it is of no use: on a busy machine it may not have run at all
  // when the first trial is already under way.
  if (failure.empty() && ready.receive(kStartLimit).news != News::Armed) {
    failure = "the keeper did not start";
  }
  return failure;
}

void Keeper::guard(int connection) {
  if (connection_ != nullptr) connection_->store(connection);
}

}  // namespace hangrate::fuse_flush_exit
