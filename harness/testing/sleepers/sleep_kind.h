// SPDX-License-Identifier: GPL-2.0-or-later
//
// The ways in which a sleeper sleeps: one system call each, that ends by itself after a span, and
// the same one without an end.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "harness/base/clock.h"

namespace hangrate::sleepers {

enum class Kind {
  Poll,
  Select,
  Nanosleep,
  Futex,
  Epoll,
  Sigtimedwait,
  Rcvtimeo,   ///< recv(2) with SO_RCVTIMEO
  Alarm,      ///< sigsuspend(2) with an interval timer
  Flock,      ///< handed over late
  FuseFsync,  ///< answered late
  FuseClose,
};

/// Who ends the call.
enum class End {
  OwnDeadline,     ///< a time that the call was given, and /proc shows
  HiddenDeadline,  ///< a time that no source shows
  Other,           ///< another process, which lives
};

struct KindFacts {
  std::string_view name;
  Kind kind;
  End end;
  bool fuse = false;
};

inline constexpr std::array<KindFacts, 11> kKinds = {
    KindFacts{"poll", Kind::Poll, End::OwnDeadline},
    KindFacts{"flock", Kind::Flock, End::Other},
    KindFacts{"nanosleep", Kind::Nanosleep, End::OwnDeadline},
    KindFacts{"fuse-fsync", Kind::FuseFsync, End::Other, true},
    KindFacts{"futex", Kind::Futex, End::OwnDeadline},
    KindFacts{"rcvtimeo", Kind::Rcvtimeo, End::HiddenDeadline},
    KindFacts{"epoll", Kind::Epoll, End::OwnDeadline},
    KindFacts{"fuse-close", Kind::FuseClose, End::Other, true},
    KindFacts{"sigtimedwait", Kind::Sigtimedwait, End::OwnDeadline},
    KindFacts{"alarm", Kind::Alarm, End::HiddenDeadline},
    KindFacts{"select", Kind::Select, End::OwnDeadline},
};

/// What the processes of one trial share.
struct Stage {
  std::atomic<std::uint32_t> word{0};    ///< the futex of Kind::Futex: nobody wakes it
  std::atomic<std::uint32_t> held{0};    ///< 1: the holder has the lock, or the server the request
  std::atomic<std::uint32_t> let_go{0};  ///< futex: 1 tells the holder or server to let go
};

inline constexpr Nanos kNoEnd = -1;
/// The signal that interrupts every call but those to a FUSE server: the lever.
int lever_signal();

/// How a sleeper ended, its exit status.
enum class Ended : int {
  ByItself = 0,
  TooEarly = 1,
  ByLever = 2,
  Failed = 3,
};

/// Sleeps once in the system call of `kind` for `span` (kNoEnd: without an end). `fd` is what the
/// call is about: the lock, or the file on the FUSE mount.
Ended sleep_in(Kind kind, Nanos span, Stage& stage, int fd);

}  // namespace hangrate::sleepers
