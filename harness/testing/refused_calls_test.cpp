// SPDX-License-Identifier: GPL-2.0-or-later
//
// `hangrate run` where a real seccomp filter refuses one system call, as profiles of containers and
// units do: the run does without it or says that the machine refuses it, never that the user erred.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>

#include "harness/testing/command.h"

namespace hangrate::testing {
namespace {

using ::testing::HasSubstr;

const std::string kHangrate = HANGRATE_BUILD_DIR "/bin/hangrate";
const std::string kFakes = HANGRATE_BUILD_DIR "/fakes";

/// refuse.py NUMBER ERRNO PROGRAM...: load the number; that call fails, every other goes on.
constexpr const char* kRefuse = R"(
import ctypes, os, struct, sys
number, error = int(sys.argv[1]), int(sys.argv[2])
class Filter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]
code = b"".join(struct.pack("HBBI", *i) for i in [
    (0x20, 0, 0, 0), (0x15, 0, 1, number), (6, 0, 0, 0x50000 | error), (6, 0, 0, 0x7fff0000)])
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, ctypes.byref(Filter(len(code) // 8, code)), 0, 0) == 0
os.execv(sys.argv[3], sys.argv[3:])
)";

struct Refused {
  const char* name;
  int number;
  bool needed;  ///< nothing runs without
};

void PrintTo(const Refused& call, std::ostream* out) {
  *out << call.name;
}

class RefusedCall : public ::testing::TestWithParam<Refused> {
 protected:
  Ran run(int error) const {
    const TempFolder folder;
    return run_command({"/usr/bin/env", "python3", "-c", kRefuse, std::to_string(GetParam().number),
                        std::to_string(error), kHangrate, "run", "fake/lost-wakeup", "--repro-dir",
                        kFakes, "-q", "--trials", "2", "--results", folder / "run"});
  }
};

TEST_P(RefusedCall, IsTheMachinesDoingAndNotTheUsers) {
  for (const int error : {EPERM, ENOSYS}) {
    const Ran ran = run(error);
    if (ran.code == 0) {
      EXPECT_FALSE(GetParam().needed) << "it did without " << GetParam().name;
      continue;
    }
    EXPECT_EQ(ran.code, 3) << error << "\n" << ran.out << ran.err;
    if (!GetParam().needed) continue;
    EXPECT_THAT(ran.err, HasSubstr(GetParam().name));
    EXPECT_THAT(ran.err, HasSubstr("seccomp")) << "what to do next";
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, RefusedCall,
    ::testing::Values(
        Refused{"memfd_create", SYS_memfd_create, true}, Refused{"eventfd2", SYS_eventfd2, true},
        Refused{"signalfd4", SYS_signalfd4, true},
        Refused{"timerfd_create", SYS_timerfd_create, true},
        Refused{"epoll_create1", SYS_epoll_create1, true},
        Refused{"socketpair", SYS_socketpair, true}, Refused{"clone3", SYS_clone3, false},
        Refused{"pidfd_open", SYS_pidfd_open, false}, Refused{"unshare", SYS_unshare, false},
        Refused{"close_range", SYS_close_range, false}, Refused{"prctl", SYS_prctl, false},
        Refused{"setsid", SYS_setsid, false}, Refused{"flock", SYS_flock, false},
        Refused{"fdatasync", SYS_fdatasync, false}, Refused{"getrandom", SYS_getrandom, false},
        Refused{"bpf", SYS_bpf, false}, Refused{"perf_event_open", SYS_perf_event_open, false},
        Refused{"mount", SYS_mount, false}, Refused{"poll", SYS_poll, false},
        Refused{"sched_setaffinity", SYS_sched_setaffinity, false},
        Refused{"sched_setscheduler", SYS_sched_setscheduler, false}),
    [](const auto& call) { return std::string(call.param.name); });

}  // namespace
}  // namespace hangrate::testing
