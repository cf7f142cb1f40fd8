// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/live/live.h"

#include <algorithm>
#include <csignal>
#include <cstdio>

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/file.h"

namespace hangrate::live {

namespace {

constexpr Nanos kPatience = 2 * kSecond;

template <typename F>
bool until(F done) {
  const Nanos end = now_ns() + kPatience;
  while (!done()) {
    if (now_ns() > end) return false;
    ::usleep(500);
  }
  return true;
}

}  // namespace

Recorder* recorder(std::string* why) {
  static std::string reason;
  static const std::unique_ptr<Recorder> only = [] {
    const Nanos before = now_ns();
    auto started = Recorder::start();
    if (!started) {
      reason = started.error().what();
      return std::unique_ptr<Recorder>();
    }
    std::printf("recorder: started in %.0f ms\n", to_ms(now_ns() - before));
    for (const HookStatus& hook : started->hooks()) {
      std::printf("hook: %-12s %-22s %-34s %s\n", hook.probe.c_str(), hook.hook.c_str(),
                  hook.how.c_str(), hook.why_not.c_str());
    }
    if (const auto watched = started->watch(::getpid()); !watched) {
      reason = watched.error().what();
    }
    return std::make_unique<Recorder>(std::move(*started));
  }();
  if (why) *why = reason;
  return reason.empty() ? only.get() : nullptr;
}

std::string why_not(const std::string& hook) {
  for (const HookStatus& status : recorder(nullptr)->hooks()) {
    if (status.hook == hook) return status.how.empty() ? status.why_not : "";
  }
  return "unknown hook";
}

Child::Child(const std::function<void()>& job) : pid_(::fork()) {
  if (pid_ != 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  job();
  ::_exit(0);
}

Child::~Child() {
  if (pid_ <= 0 || ended_) return;
  ::kill(pid_, SIGKILL);
  wait_ended();
}

bool Child::wait_asleep() const {
  const std::string path = "/proc/" + std::to_string(pid_) + "/stat";
  return until([&path] {
    const std::string stat = read_file(path).value_or("");
    const auto comm_end = stat.rfind(')');
    if (comm_end == stat.npos || comm_end + 2 >= stat.size()) return false;
    const char state = stat[comm_end + 2];
    return state == 'S' || state == 'D';
  });
}

bool Child::wait_ended() {
  ended_ = ended_ || until([this] { return ::waitpid(pid_, nullptr, WNOHANG) == pid_; });
  return ended_;
}

Trace trace_since(Nanos from) {
  return recorder(nullptr)->snapshot({.from = from, .root = ::getpid()});
}

Trace trace_asleep(Nanos from, int tid) {
  return trace_asleep(*recorder(nullptr), from, ::getpid(), tid);
}

Trace trace_asleep(Recorder& recorder, Nanos from, int root, int tid) {
  Trace trace;
  until([&] {
    trace = recorder.snapshot({.from = from, .root = root});
    const auto last = std::find_if(trace.events.rbegin(), trace.events.rend(),
                                   [tid](const TraceEvent& e) { return e.tid == tid; });
    return last != trace.events.rend() && last->kind == TraceKind::Sleep && !last->stack.empty();
  });
  return trace;
}

const TraceEvent* last_event(const Trace& trace, int tid, TraceKind kind, TracedCall call) {
  for (auto event = trace.events.rbegin(); event != trace.events.rend(); ++event) {
    if (event->tid != tid || event->kind != kind) continue;
    if (call == TracedCall::None || event->call == call) return &*event;
  }
  return nullptr;
}

std::string text(const Trace& trace) {
  std::string all = fmt::format("lost {}\n", trace.lost);
  for (const TraceEvent& e : trace.events) {
    all += fmt::format("{:10.3f} cpu{} {} {} {} {} other={} n={} v={} r={} o={:x}",
                       to_ms(e.when - trace.from), e.cpu, e.tid, trace_kind_name(e.kind),
                       traced_call_name(e.call), e.state ? e.state : '-', e.other, e.number,
                       e.value, e.result, e.object);
    if (e.pipe) {
      all += fmt::format(" pipe {} {} {} {}", e.pipe->head, e.pipe->tail, e.pipe->max_usage,
                         e.pipe->ring_size);
    }
    for (const std::string& frame : e.stack) all += " < " + frame;
    for (const std::string& frame : e.user_stack) all += " | " + frame;
    all += '\n';
  }
  return all;
}

}  // namespace hangrate::live
