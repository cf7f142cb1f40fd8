// SPDX-License-Identifier: GPL-2.0-or-later
//
// hang_guard(): who frees or removes what a worker leaves behind, should that die. A program run
// alone has no supervisor, and supervisors die too.
#pragma once

#include "hang.h"

/// In setup(): a process of its own, called `name`, that sleeps until the worker is dead, by
/// whatever cause, and calls rescue() then. It has the memory that is shared by now, and the
/// descriptor `keep` (-1: none). In a session of its own and with signals blocked, so that ^C or a
/// SIGKILL to the worker's group does not end it before. Until it listens it is of no use: on a
/// busy machine it may not have run at all when the first trial is under way.
template <typename Rescue>
void hang_guard(const char* name, int keep, Rescue rescue) {
  std::atomic<int>* listens = static_cast<std::atomic<int>*>(hang_share(sizeof *listens));
  const int worker = getpid();
  if (hang_must(fork(), "fork") != 0) {
    if (!hang_until([=] { return *listens != 0; }, 10)) hang_fail("the guard did not start");
    return;
  }
  sigset_t all, death;
  setsid();
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, nullptr);
  prctl(PR_SET_NAME, name);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  *listens = 1;
  // Holds no end of a pipe open. 436 is close_range(), on every machine.
  if (keep > 0) syscall(436, 0U, static_cast<unsigned>(keep) - 1, 0U);
  syscall(436, static_cast<unsigned>(keep + 1), ~0U, 0U);
  sigemptyset(&death);
  sigaddset(&death, SIGTERM);
  for (int number = 0; getppid() == worker;) sigwait(&death, &number);
  rescue();
  _exit(0);
}
