// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whoever dies with a FUSE request in flight can leave a task behind that nobody can kill. So the
// connection of the trial in flight is known to the supervisor, which aborts it for a dead worker,
// to the record of the run, and to a guard process: a program run alone has no supervisor, and
// supervisors die too.
#pragma once

#include "connection.h"

struct hang_fuse_guarded {
  std::atomic<int> connection, listens;
};
/// In memory shared with the guard process; null: there is none.
inline hang_fuse_guarded*& hang_fuse_guarded_now() {
  static hang_fuse_guarded* guarded = nullptr;
  return guarded;
}

/// Sleeps until the worker is dead, by whatever cause; SIGTERM says so. In a session of its own and
/// with signals blocked, so that ^C or a SIGKILL to the worker's group does not end it before.
[[noreturn]] inline void hang_fuse_guard_run(int worker, hang_fuse_guarded* guarded) {
  sigset_t all, death;
  setsid();
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, nullptr);
  prctl(PR_SET_NAME, "fuse-guard");
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  guarded->listens = 1;
  syscall(436 /* close_range, on every machine */, 0U, ~0U, 0U);  // holds no end of a pipe open
  sigemptyset(&death);
  sigaddset(&death, SIGTERM);
  for (int number = 0; getppid() == worker;) sigwait(&death, &number);
  if (guarded->connection != 0) hang_fuse_abort(guarded->connection);
  _exit(0);
}
/// In setup(), after hang_fuse_prepare(). Until the guard listens it is of no use: on a busy
/// machine it may not have run at all when the first trial is under way.
inline void hang_fuse_guard_start() {
  hang_fuse_guarded* guarded = static_cast<hang_fuse_guarded*>(hang_share(sizeof *guarded));
  const int worker = getpid();
  if (hang_must(fork(), "fork") == 0) hang_fuse_guard_run(worker, guarded);
  if (!hang_until([=] { return guarded->listens != 0; }, 10)) hang_fail("the guard did not start");
  hang_fuse_guarded_now() = guarded;
}

/// The worker's line in the record of the run; one that is lost costs the sweep the number only: it
/// finds the mount by its source. A descriptor of our own: the supervisor's holds the lock, which a
/// wedged task must not hold.
inline void hang_fuse_record(int connection, uint64_t instance) {
  static const char *const path = getenv(HANG_RECORD), *const line = getenv(HANG_RECORD_LINE);
  static const int file =
      path != nullptr && line != nullptr ? open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC) : -1;
  char entry[64], padded[HANG_LINE + 1];
  if (file < 0) return;
  snprintf(entry, sizeof entry, "fuse %d %llu ", connection,
           static_cast<unsigned long long>(instance));
  snprintf(padded, sizeof padded, "%-*.*s\n", HANG_LINE - 1, HANG_LINE - 1, entry);
  if (pwrite(file, padded, HANG_LINE, HANG_HEAD + atol(line) * HANG_LINE) < 0) return;
}

/// The connection to abort if we die; 0: none.
inline void hang_fuse_guard(int connection) {
  hang_slot* slot = hang_self.slot;
  char folder[64];
  struct stat info;
  snprintf(folder, sizeof folder, "/sys/fs/fuse/connections/%d", connection);
  const uint64_t instance = connection != 0 && stat(folder, &info) == 0 ? info.st_ino : 0;
  if (hang_fuse_guarded_now() != nullptr) hang_fuse_guarded_now()->connection = connection;
  hang_put(&slot->fuse_connection, 0);  // number and instance belong together
  hang_put(&slot->fuse_instance, instance);
  hang_put(&slot->fuse_connection, connection);
  hang_fuse_record(connection, instance);
}
