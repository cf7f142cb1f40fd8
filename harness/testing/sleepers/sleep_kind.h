// SPDX-License-Identifier: GPL-2.0-or-later
//
// The ways in which a sleeper sleeps: one system call each, that ends by itself after a span, and
// the same one without an end.
#pragma once

#include "repros/kit/hang.h"

enum class Kind {
  Poll,
  Select,
  Nanosleep,
  Futex,
  Epoll,
  Sigtimedwait,
  Rcvtimeo,   // recv(2) with SO_RCVTIMEO
  Alarm,      // sigsuspend(2) with an interval timer
  Flock,      // handed over late
  FuseFsync,  // answered late
  FuseClose,
};

/// Who ends the call.
enum class End {
  OwnDeadline,     // a time that the call was given, and /proc shows
  HiddenDeadline,  // a time that no source shows
  Other,           // another process, which lives
};

struct KindFacts {
  const char* name;
  Kind kind;
  End end;
  bool fuse;
};

constexpr int kind_count = 11;
extern const KindFacts kinds[kind_count];

/// What the processes of one trial share.
struct Stage {
  HANG_ATOMIC(uint32_t) word;    // the futex of Kind::Futex: nobody wakes it
  HANG_ATOMIC(uint32_t) held;    // 1: the holder has the lock, or the server the request
  HANG_ATOMIC(uint32_t) let_go;  // futex: 1 tells the holder or server to let go
};

constexpr int64_t no_end = -1;
/// The signal that interrupts every call but those to a FUSE server: the lever.
int lever_signal();

/// How a sleeper ended, its exit status.
enum Ended { BY_ITSELF, TOO_EARLY, BY_LEVER, FAILED };

/// Sleeps once in the system call of `kind` for `span` (no_end: without an end). `fd` is what the
/// call is about: the lock, or the file on the FUSE mount.
Ended sleep_in(Kind kind, int64_t span, Stage& stage, int fd);

/// The holder's or server's part: says that it holds, and lets go after `span` or when told to.
void hold(int64_t span, Stage& stage);
