// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the tests of the running recorder share: one recorder for all of them, children that act on
// word, and questions to a trace. Used by bpf/live/*_test.cpp only; every wait has a deadline.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <sys/types.h>

#include "bpf/recorder.h"

namespace hangrate::live {

/// Started once; nullptr with the reason in `why` where it cannot be.
Recorder* recorder(std::string* why);

/// "" if this hook is attached, else why not.
std::string why_not(const std::string& hook);

/// A child of this test that runs `job`, to be killed and reaped at the end of scope.
class Child {
 public:
  explicit Child(const std::function<void()>& job);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  /// Until /proc says it sleeps; false after two seconds.
  bool wait_asleep() const;
  /// Until it has ended; false after two seconds.
  bool wait_ended();

 private:
  pid_t pid_ = 0;
  bool ended_ = false;
};

/// What `recorder` has of `root` since `from`, once `tid` has gone to sleep in the eyes of the
/// scheduler: /proc says S before that.
Trace trace_asleep(Recorder& recorder, Nanos from, int root, int tid);

/// Everything this process and its children did since `from`.
Trace trace_since(Nanos from);

/// The same, once `tid` has gone to sleep in the eyes of the scheduler: /proc says S before that.
Trace trace_asleep(Nanos from, int tid);

/// Last event of `tid` that fits, nullptr if none does.
const TraceEvent* last_event(const Trace& trace, int tid, TraceKind kind,
                             TracedCall call = TracedCall::None);

std::string text(const Trace& trace);

#define HR_NEED_HOOK(name)                                         \
  do {                                                             \
    std::string hr_why;                                            \
    if (!live::recorder(&hr_why)) GTEST_SKIP() << hr_why;          \
    hr_why = live::why_not(name);                                  \
    if (!hr_why.empty()) GTEST_SKIP() << (name) << ": " << hr_why; \
  } while (false)

}  // namespace hangrate::live
