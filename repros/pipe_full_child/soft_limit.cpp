// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/pipe_full_child/soft_limit.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "harness/base/unique_fd.h"
#include "repros/pipe_full_child/pipe_facts.h"

namespace hangrate::pipe_full_child {

namespace {

constexpr uid_t kNobody = 65534;     // overflowuid: the one uid without privilege everywhere
constexpr int kMostPipes = 1 << 16;  // gives up here; the default limit is met at 1025

[[noreturn]] void give_up(SoftLimit& found, const char* operation) {
  found.failed.store(errno);
  found.operation.store(operation);
  ::_exit(1);
}

void become_nobody(SoftLimit& found) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);  // if it fails, running out of descriptors will tell
  }
  if (::geteuid() != 0) return;
  if (::setgroups(0, nullptr) < 0) give_up(found, "setgroups");
  if (::setresgid(kNobody, kNobody, kNobody) < 0) give_up(found, "setresgid");
  if (::setresuid(kNobody, kNobody, kNobody) < 0) give_up(found, "setresuid");
}

/// Runs in the child. One descriptor a pipe: the read end alone keeps it alive.
[[noreturn]] void open_pipes(SoftLimit& found, int worker) {
  become_nobody(found);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // after setresuid, which clears it
  if (::getppid() != worker) ::_exit(1);
  for (int i = 0; i < kMostPipes; ++i) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) < 0) give_up(found, "pipe2");
    ::close(ends[1]);
    found.opened.fetch_add(1);
    const int size = capacity_bytes(ends[0]);
    if (size >= found.full_size.load()) continue;
    found.small_size.store(size);
    const int regrown = ::fcntl(ends[0], F_SETPIPE_SZ, found.full_size.load());
    found.regrow.store(regrown < 0 ? -errno : regrown);
    ::_exit(0);
  }
  ::_exit(0);
}

}  // namespace

long sysctl_number(const char* path, long fallback) {
  const UniqueFd file(::open(path, O_RDONLY | O_CLOEXEC));
  std::array<char, 32> text{};
  if (!file || ::read(file.get(), text.data(), text.size() - 1) <= 0) return fallback;
  return std::strtol(text.data(), nullptr, 10);
}

pid_t start_soft_limit(SoftLimit& found) {
  const long most = sysctl_number("/proc/sys/fs/pipe-max-size", 1 << 20);
  const auto full = static_cast<long>(page_size()) * kDefaultSlots;
  found.full_size.store(static_cast<std::int32_t>(std::min(full, most)));
  const int worker = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) open_pipes(found, worker);
  return child;
}

}  // namespace hangrate::pipe_full_child
