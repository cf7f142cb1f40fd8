// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/process_handle.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace hangrate {

UniqueFd open_process(pid_t pid) {
  return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

bool signal_process(const UniqueFd& process, int signal) {
  return process && ::syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0) == 0;
}

bool has_ended(const UniqueFd& process) {
  pollfd end{.fd = process.get(), .events = POLLIN, .revents = 0};
  return process && ::poll(&end, 1, 0) > 0;
}

}  // namespace hangrate
