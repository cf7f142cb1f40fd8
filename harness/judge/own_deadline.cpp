// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/judge/own_deadline.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "harness/base/text.h"
#include "harness/model/proc_text.h"

namespace hangrate {

namespace {

enum class Given {
  Always,             ///< the call is a sleep
  Milliseconds,       ///< an int; negative: none
  Pointer,            ///< to a timespec or timeval; NULL: none
  FutexPointer,       ///< the same, for the operations that wait
  UnlessEndlessPoll,  ///< Milliseconds where the stack shows do_restart_poll(), else Always
  IoUringExtArg,      ///< IORING_ENTER_EXT_ARG: the argument behind it may hold one
};

struct TimedCall {
  std::string_view name;
  Given given;
  std::size_t argument;  ///< counted from 0
};

/// Of man7's section 2; the argument that holds the time.
constexpr TimedCall kTimed[] = {
    {"nanosleep", Given::Always, 0},
    {"clock_nanosleep", Given::Always, 0},
    // What a signal interrupted goes on as restart_syscall(2): nanosleep, futex and poll do. Only
    // poll does so without a time too; its arguments are still in the registers.
    {"restart_syscall", Given::UnlessEndlessPoll, 2},
    {"poll", Given::Milliseconds, 2},
    {"epoll_wait", Given::Milliseconds, 3},
    {"epoll_pwait", Given::Milliseconds, 3},
    {"epoll_pwait2", Given::Pointer, 3},
    {"ppoll", Given::Pointer, 2},
    {"select", Given::Pointer, 4},
    {"_newselect", Given::Pointer, 4},
    {"pselect6", Given::Pointer, 4},
    {"rt_sigtimedwait", Given::Pointer, 2},
    {"semtimedop", Given::Pointer, 3},
    {"mq_timedsend", Given::Pointer, 4},
    {"mq_timedreceive", Given::Pointer, 4},
    {"io_getevents", Given::Pointer, 4},
    {"io_pgetevents", Given::Pointer, 4},
    {"recvmmsg", Given::Pointer, 4},
    {"futex", Given::FutexPointer, 3},
    {"futex_waitv", Given::Pointer, 3},
    {"futex_wait", Given::Pointer, 4},
    {"io_uring_enter", Given::IoUringExtArg, 3},
};

/// Functions in which nothing but time is waited for (kernel/time/hrtimer.c, alarmtimer.c, timer.c,
/// v5.10 to v7.2).
constexpr std::string_view kSleeps[] = {"do_nanosleep",         "hrtimer_nanosleep",
                                        "alarmtimer_do_nsleep", "msleep",
                                        "msleep_interruptible", "usleep_range_state"};

/// linux/futex.h: WAIT, LOCK_PI, WAIT_BITSET, WAIT_REQUEUE_PI, LOCK_PI2 take a timeout; for the
/// others the fourth argument is a number.
bool futex_waits(std::uint64_t operation) {
  constexpr std::uint64_t kCommands = 127;
  constexpr std::array<std::uint64_t, 5> kWaiting = {0, 6, 9, 11, 13};
  return std::find(kWaiting.begin(), kWaiting.end(), operation & kCommands) != kWaiting.end();
}

bool has_deadline(const TimedCall& call, const TaskSample& task) {
  if (call.given == Given::Always) return true;
  const bool poll = contains(task.stack, "do_restart_poll");
  if (call.given == Given::UnlessEndlessPoll && !poll) return true;
  const auto value = syscall_argument(task, call.argument);
  if (!value) return false;
  switch (call.given) {
    case Given::Always:
      return true;
    case Given::UnlessEndlessPoll:
    case Given::Milliseconds:
      return static_cast<std::int32_t>(*value) >= 0;
    case Given::Pointer:
      return *value != 0;
    case Given::FutexPointer:
      return *value != 0 && futex_waits(syscall_argument(task, 1).value_or(0));
    case Given::IoUringExtArg:
      return (*value & 8) != 0;
  }
  return false;
}

}  // namespace

std::optional<std::string> own_deadline(const TaskSample& task) {
  for (const TimedCall& call : kTimed) {
    if (task.syscall_name == call.name && has_deadline(call, task)) {
      return std::string(call.name);
    }
  }
  for (const std::string_view sleep : kSleeps) {
    if (contains(task.stack, sleep) || task.wchan == sleep) return std::string(sleep);
  }
  return std::nullopt;
}

}  // namespace hangrate
