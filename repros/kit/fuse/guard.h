// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whoever dies with a FUSE request in flight can leave a task behind that nobody can kill. So the
// connection of the trial in flight is known to the supervisor, which aborts it for a dead worker,
// to the record of the run, and to a guard process (../guard.h).
#pragma once

#include "../guard.h"
#include "connection.h"

struct hang_fuse_guarded {
  std::atomic<int> connection;
  std::atomic<uint64_t> instance;      // of the connection
  std::atomic<unsigned> owner, group;  // user_id and group_id of a mount in the making; 0: none
};
/// In memory shared with the guard process; null: there is none.
inline hang_fuse_guarded*& hang_fuse_guarded_now() {
  static hang_fuse_guarded* guarded = nullptr;
  return guarded;
}

/// What is left of the worker. Its number alone may be that of somebody else by now. A mount whose
/// number nobody knows may still be on its way into the kernel when the worker dies.
inline void hang_fuse_guard_abort(const hang_fuse_guarded* guarded) {
  const hang_fuse_meant known = {guarded->instance, 0, 0};
  if (guarded->connection != 0 && known.instance != 0)
    hang_fuse_abort_meant(guarded->connection, known);
  const hang_fuse_meant made = {0, guarded->owner, guarded->group};
  const auto aborted = [=] {
    const int number = hang_fuse_find(made.owner, made.group);
    return number != 0 && hang_fuse_abort_meant(number, made);
  };
  if (made.owner != 0) hang_until(aborted, 2);
}

/// In setup(), after hang_fuse_prepare().
inline void hang_fuse_guard_start() {
  hang_fuse_guarded* guarded = static_cast<hang_fuse_guarded*>(hang_share(sizeof *guarded));
  hang_guard("fuse-guard", -1, [=] { hang_fuse_guard_abort(guarded); });
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

/// Before a mount that does not return: the connection with these numbers, which are nobody
/// else's, is to be aborted if we die before hang_fuse_guard(). 0: none.
inline void hang_fuse_guard_mount(unsigned owner, unsigned group) {
  hang_fuse_guarded* guarded = hang_fuse_guarded_now();
  if (guarded == nullptr) return;
  guarded->owner = 0;
  guarded->group = group;
  guarded->owner = owner;
}

/// The connection to abort if we die; 0: none.
inline void hang_fuse_guard(int connection) {
  hang_slot* slot = hang_self.slot;
  const uint64_t instance = hang_fuse_instance(connection);
  if (hang_fuse_guarded* guarded = hang_fuse_guarded_now()) {
    guarded->connection = 0;
    guarded->instance = instance;
    guarded->connection = connection;
  }
  hang_put(&slot->fuse_connection, 0);  // number and instance belong together
  hang_put(&slot->fuse_instance, instance);
  hang_put(&slot->fuse_connection, connection);
  hang_fuse_record(connection, instance);
}
