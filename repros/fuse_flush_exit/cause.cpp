// SPDX-License-Identifier: GPL-2.0-or-later
//
// fuse_flush_exit. exit_files() closes the files of an exiting task, fuse_flush() waits for the
// server (args.force), and only exit_task_work(), later in do_exit(), would close /dev/fuse and so
// abort the connection (v6.1 kernel/exit.c, fs/fuse/dev.c).
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <map>
#include <set>

#include <fmt/format.h>

#include "harness/base/text.h"
#include "harness/classify/causes.h"

namespace hangrate {

namespace causes {
CauseRule fuse_flush_exit;
}

namespace {

constexpr std::int64_t kFlush = 25;           // FUSE_FLUSH, include/uapi/linux/fuse.h
constexpr std::int64_t kAborted = -103;       // ECONNABORTED: ended by an abort, not by a server
constexpr std::int64_t kNotConnected = -107;  // ENOTCONN, likewise

struct Flush {
  const TaskHistory* task = nullptr;
  std::size_t exit = 0;
  std::size_t flush = 0;  ///< Call of fuse_flush; where it was not traced, the Sleep as for `wait`
  std::size_t wait = 0;   ///< Call of request_wait_answer, or the Sleep whose stack has it
  std::optional<std::size_t> send;
  std::size_t slept = 0;
  std::size_t search = 0;  ///< no request of the flush is older
};

struct Server {
  int pid = 0;
  std::vector<std::size_t> answered;  ///< FuseEnd it did; empty: it is one by its role
  std::vector<std::size_t> exits;     ///< one of each of its threads
};

/// Was the task in `function` when it went to sleep? Known of who sleeps on at the snapshot.
bool has_frame(const TraceView& view, std::size_t sleep, const char* function) {
  return contains(view.event(sleep).stack, function);
}

std::optional<std::size_t> wait_of(const TraceView& view, const TaskHistory& task,
                                   std::size_t flush, std::size_t slept) {
  const OpenCall* wait = task.in(TracedCall::FuseWait);
  if (wait != nullptr && wait->event > flush) return wait->event;
  return has_frame(view, slept, "request_wait_answer") ? std::optional(slept) : std::nullopt;
}

/// The last request the task queued in there must be a FLUSH, and unanswered (write-back may send
/// others before it). `false`: what there is speaks against it.
bool find_request(const TraceView& view, Flush& flush) {
  for (std::size_t i = flush.search; i < view.history.end; ++i) {
    const TraceEvent& event = view.event(i);
    if (event.kind == TraceKind::FuseAbort) return false;  // then the wait is about to end
    if (event.kind == TraceKind::FuseSend && event.tid == flush.task->tid) flush.send = i;
  }
  if (!flush.send) return view.hook_absent("fuse_request_send");
  const TraceEvent& send = view.event(*flush.send);
  for (std::size_t i = *flush.send; i < view.history.end; ++i) {
    const TraceEvent& event = view.event(i);
    if (event.kind == TraceKind::FuseEnd && event.object == send.object) return false;
  }
  return send.number == kFlush;
}

std::optional<Flush> flush_of(const TraceView& view, int victim) {
  const TaskHistory* task = view.history.of(victim);
  const SleepSpan* slept = task == nullptr ? nullptr : task->asleep();
  if (slept == nullptr || !task->exit) return std::nullopt;
  const OpenCall* open = task->in(TracedCall::FuseFlush);
  const bool unseen = view.hook_absent(TracedCall::FuseFlush) || view.trace.skipped > 0;
  const bool by_stack = open == nullptr && unseen && has_frame(view, slept->event, "fuse_flush");
  if (!by_stack && (open == nullptr || open->event < *task->exit)) return std::nullopt;
  Flush flush{.task = task,
              .exit = *task->exit,
              .flush = by_stack ? slept->event : open->event,
              .slept = slept->event,
              .search = by_stack ? *task->exit : open->event};
  // In anything else that request_wait_answer() may have entered it waits for something else.
  const bool within = slept->call == TracedCall::FuseWait || slept->call == TracedCall::FuseFlush ||
                      slept->call == TracedCall::None;
  if (!within || view.waits_for(TracedCall::FuseWait, *slept) != WaitedFor::Object) {
    return std::nullopt;
  }
  const auto wait = wait_of(view, *task, flush.flush, flush.slept);
  if (!wait) return std::nullopt;
  flush.wait = *wait;
  return find_request(view, flush) ? std::optional(flush) : std::nullopt;
}

/// Who answered requests; where no event tells, who is called "daemon".
std::map<int, Server> servers_of(const TraceView& view) {
  std::map<int, Server> servers;
  for (std::size_t i = 0; i < view.history.end; ++i) {
    const TraceEvent& event = view.event(i);
    const bool answer = event.kind == TraceKind::FuseEnd && event.pid != 0 &&
                        event.result != kAborted && event.result != kNotConnected;
    if (!answer) continue;
    Server& server = servers[event.pid];
    server.pid = event.pid;
    server.answered.push_back(i);
  }
  if (!servers.empty()) return servers;
  for (const auto& [tid, task] : view.history.tasks) {
    if (task.pid != 0 && view.names.role_of(tid) == "daemon") servers[task.pid].pid = task.pid;
  }
  return servers;
}

/// Has every thread of it in the trace begun to exit? Its exits then.
bool gone(const TraceView& view, Server& server) {
  for (const TaskHistory* thread : view.history.threads_of(server.pid)) {
    if (!thread->exit) return false;
    server.exits.push_back(*thread->exit);
  }
  std::sort(server.exits.begin(), server.exits.end());
  return !server.exits.empty();
}

/// The forks that lead from a server to `pid`, newest first; empty if it does not descend from one.
std::vector<std::size_t> descent(const TraceView& view, int pid,
                                 const std::map<int, Server>& servers) {
  std::vector<std::size_t> forks;
  std::set<int> seen;
  while (seen.insert(pid).second) {
    const auto fork = view.last_to(TraceKind::Fork, pid, view.history.end);
    if (!fork) return {};
    forks.push_back(*fork);
    pid = view.event(*fork).pid;
    if (servers.count(pid) > 0) return forks;
  }
  return {};
}

/// A process that the server made and that lives may have /dev/fuse too, and answer.
bool heir_lives(const TraceView& view, const std::map<int, Server>& servers) {
  for (const TaskHistory* task : view.living()) {
    const int pid = task->pid != 0 ? task->pid : task->tid;
    if (servers.count(pid) == 0 && !descent(view, pid, servers).empty()) return true;
  }
  return false;
}

Statement it_exits(const TraceView& view, const Flush& flush) {
  const std::string who = view.names.of(flush.task->tid);
  for (std::size_t i = flush.exit; i-- > 0;) {
    const TraceEvent& event = view.event(i);
    // TRACE_SIGNAL_DELIVERED; others were ignored, or pending already (trace/events/signal.h).
    const bool kill = event.kind == TraceKind::Signal && event.number == 9 && event.result == 0 &&
                      view.group_of(event.other) == flush.task->pid;
    if (kill) {
      return cited(fmt::format("{} exits, after a SIGKILL from {}", who, view.names.of(event.tid)),
                   {i, flush.exit});
    }
  }
  return cited(fmt::format("{} exits", who), {flush.exit});
}

Statement it_waits(const TraceView& view, const Flush& flush) {
  const std::string who = view.names.of(flush.task->tid);
  std::vector<std::size_t> shown = {flush.flush};
  for (const std::size_t event : {flush.wait, flush.slept}) {
    if (std::find(shown.begin(), shown.end(), event) == shown.end()) shown.push_back(event);
  }
  if (!flush.send) {
    const std::string why = view.absence_of("fuse_request_send").value_or("");
    return cited(
        fmt::format("{} then entered fuse_flush and, from there, request_wait_answer, and has "
                    "returned from neither; requests were not traced{}",
                    who, why.empty() ? "" : fmt::format(" (fuse_request_send: {})", why)),
        shown);
  }
  shown.push_back(*flush.send);
  const std::uint64_t number = view.event(*flush.send).object;  // 0: could not be read
  return cited(fmt::format("its exit closes a file of a FUSE mount: fuse_flush queues {}, "
                           "FLUSH, and waits for the answer in request_wait_answer",
                           number != 0 ? fmt::format("request {}", number) : "a request"),
               shown);
}

Statement server_gone(const TraceView& view, const Flush& flush, const Server& server) {
  const bool self = server.pid == flush.task->pid;
  const std::string who =
      self ? view.names.of(flush.task->tid) + " itself" : view.names.of(server.pid);
  std::vector<std::size_t> shown = server.exits;
  std::string how = fmt::format("the process of {} is the server by its role", who);
  if (!server.answered.empty()) {
    shown.push_back(server.answered.back());
    how = fmt::format("the process of {} served FUSE: it ended {} request{}", who,
                      server.answered.size(), server.answered.size() == 1 ? "" : "s");
  }
  const bool one = server.exits.size() == 1;
  return cited(fmt::format("{}; its {} in the trace {} begun to exit", how,
                           one ? "one thread" : fmt::format("{} threads", server.exits.size()),
                           one ? "has" : "have"),
               shown);
}

/// A task in zap_pid_ns_processes() waits until the namespace is empty.
std::optional<Statement> namespace_waits(const TraceView& view, const Flush& flush) {
  for (const auto& [tid, task] : view.history.tasks) {
    const OpenCall* zap = task.in(TracedCall::ZapPidNs);
    if (tid == flush.task->tid || !sleeps_in_zap(task)) continue;
    if (view.waits_for(TracedCall::ZapPidNs, *task.asleep()) != WaitedFor::Object) continue;
    return cited(fmt::format("{} sleeps in zap_pid_ns_processes, which waits for every other task "
                             "of its pid namespace",
                             view.names.of(tid)),
                 {zap->event, task.asleep()->event});
  }
  return std::nullopt;
}

std::optional<unsigned> seconds_of(const Environment& machine, const std::string& sysctl) {
  const auto found = machine.sysctls.find(sysctl);
  unsigned seconds = 0;
  if (found == machine.sysctls.end()) return std::nullopt;
  const char* end = found->second.data() + found->second.size();
  const auto [rest, error] = std::from_chars(found->second.data(), end, seconds);
  return error == std::errc() && rest == end ? std::optional(seconds) : std::nullopt;
}

/// May the kernel have what came with v6.15? Not if its release says an older one, unless of a
/// vendor that takes much of newer kernels into a release that keeps its number.
bool may_be_v6_15(const std::string& release) {
  int major = 0;
  int minor = 0;
  if (std::sscanf(release.c_str(), "%d.%d", &major, &minor) != 2) return true;
  const bool frozen =
      release.find(".el") != release.npos || release.find("-default") != release.npos;
  return frozen || major > 6 || (major == 6 && minor >= 15);
}

/// Since 9b17cb59a7db "fuse: add default_request_timeout and max_request_timeout sysctls" (v6.15) a
/// request that is too old aborts its connection: who is left or not, the wait has an end then.
std::string who_is_left(const Environment& machine) {
  constexpr unsigned kPeriod = 15;  // FUSE_TIMEOUT_TIMER_FREQ: how often it looks, and the least
  const std::string nobody = "no server in the trace is left to answer";
  const auto fallback = seconds_of(machine, "fs.fuse.default_request_timeout");
  const auto most = seconds_of(machine, "fs.fuse.max_request_timeout");
  if (!fallback && !most) {
    if (!may_be_v6_15(machine.release)) return nobody;
    return nobody +
           ", and no timeout is known to end the wait "
           "(fs.fuse.default_request_timeout, v6.15, was not read)";
  }
  const unsigned first = fallback.value_or(0);
  const unsigned last = most.value_or(0);
  const std::string settings =
      fmt::format("fs.fuse.default_request_timeout {}, max_request_timeout {}, v6.15", first, last);
  if (first == 0 && last == 0) {
    return fmt::format(
        "{}, and no setting limits the wait ({}; a server may have asked for a "
        "timeout itself)",
        nobody, settings);
  }
  const unsigned bound = first == 0 ? last : last == 0 ? first : std::min(first, last);
  const unsigned seconds = std::max(kPeriod, bound);
  return fmt::format(
      "{}, but the wait is limited: the kernel aborts the connection when a request is "
      "{} s old, or up to {} s later ({}), unless the server asked for another timeout{}",
      nobody, seconds, kPeriod, settings, last == 0 ? "" : fmt::format(" up to {} s", last));
}

Statement why_no_abort(const TraceView& view, const Flush& flush, bool self,
                       const std::vector<std::size_t>& forks) {
  const std::string who = view.names.of(flush.task->tid);
  const bool watched = !view.hook_absent("fuse_abort_conn");
  const std::string none =
      watched ? "no abort was seen in " + view.span_to_end(flush.slept) : "aborts were not traced";
  const std::string left = who_is_left(view.machine);
  if (self) {
    return cited(
        fmt::format("{}; the last close of /dev/fuse would abort the connection, but comes after "
                    "exit_files() in do_exit() (v6.1); {}",
                    left, none),
        {flush.exit, flush.slept});
  }
  std::vector<std::size_t> shown = forks;
  shown.insert(shown.end(), {flush.exit, flush.slept});
  return cited(
      fmt::format("{}; {} {} the process of {} and is still exiting; the trace does not show "
                  "what keeps the connection open; {}",
                  left, who, forks.size() == 1 ? "was forked by" : "descends from",
                  view.names.of(view.event(forks.back()).pid), none),
      shown);
}

}  // namespace

std::optional<Cause> causes::fuse_flush_exit(const TraceView& view, int victim) {
  const auto flush = flush_of(view, victim);
  if (!flush) return std::nullopt;
  std::map<int, Server> servers = servers_of(view);
  if (servers.empty()) return std::nullopt;
  for (auto& [pid, server] : servers) {
    if (!gone(view, server)) return std::nullopt;  // it may only be slow
  }
  if (heir_lives(view, servers)) return std::nullopt;
  const bool self = servers.count(flush->task->pid) > 0;
  const auto forks = self ? std::vector<std::size_t>{} : descent(view, flush->task->pid, servers);
  if (!self && forks.empty()) return std::nullopt;

  Cause cause{.name = "fuse_flush_exit", .statements = {}};
  cause.statements.push_back(it_exits(view, *flush));
  cause.statements.push_back(it_waits(view, *flush));
  for (const auto& [pid, server] : servers) {
    cause.statements.push_back(server_gone(view, *flush, server));
  }
  cause.statements.push_back(why_no_abort(view, *flush, self, forks));
  if (auto init = namespace_waits(view, *flush)) cause.statements.push_back(*init);
  return cause;
}

}  // namespace hangrate
