// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/waits/wait.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "harness/base/text.h"
#include "harness/judge/own_deadline.h"
#include "harness/model/proc_text.h"
#include "harness/model/snapshot_text.h"
#include "harness/waits/places.h"
#include "harness/waits/wait_words.h"

namespace hangrate {

namespace {

// epoll_ctl(2)
constexpr std::uint32_t kEdge = 1u << 31;
constexpr std::uint32_t kOneShot = 1u << 30;
constexpr std::uint32_t kExclusive = 1u << 28;
constexpr std::uint32_t kPollBits = 0x0fffffff;

Wait open(std::string why) {
  return {Wait::Kind::Open, std::move(why), {}};
}
Wait unknown(std::string why) {
  return {Wait::Kind::Unknown, std::move(why), {}};
}
Wait closed(Need need) {
  return {Wait::Kind::Closed, "", {std::move(need)}};
}
Wait for_kind(NeedKind kind, int who = 0) {
  Need need;
  need.kind = kind;
  need.who = who;
  return closed(std::move(need));
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// A task and what else is known of it, to read its call.
class Reading {
 public:
  Reading(const SeenTask& task, const SeenProcess* process, const std::string& memory,
          const FutexMemory* futex)
      : task_(task.sample), process_(process), memory_(memory), futex_(futex) {}

  Wait wait() const {
    if (is_frozen(task_)) return open("it is frozen or stopped");
    if ((task_.flags & kFlagExiting) != 0) return exiting();
    if (task_.syscall.empty()) return unknown("its system call cannot be read");
    if (task_.syscall_name.empty()) return unknown("in a call that is not known here");
    if (const auto deadline = own_deadline(task_)) return open(*deadline + " with a time limit");
    if (task_.syscall_name == "restart_syscall") return unknown("a call that was interrupted");
    if (auto wait = in_exec_or_ptrace()) return std::move(*wait);
    if (in("request_wait_answer")) return for_kind(NeedKind::FuseReply);
    Wait wait = task_.state == 'D' ? uninterruptible() : by_call();
    if (wait.kind == Wait::Kind::Closed && wait.needs.front().kind != NeedKind::PipeLock &&
        !in_its_place(task_)) {
      return unknown("it sleeps in " + place_of(task_) + ", where " + task_.syscall_name +
                     " waits for something else");
    }
    return wait;
  }

 private:
  std::uint64_t argument(std::size_t index) const {
    return syscall_argument(task_, index).value_or(0);
  }
  bool in(std::string_view function) const {
    return task_.wchan == function || contains(task_.stack, function);
  }
  /// Does it wait for the lock of a pipe? It is innermost there (mutex_lock() is not shown): below,
  /// it is on a page of its buffer that it waits, with the lock. fs/pipe.c, v5.10 to v7.2.
  bool in_pipe() const {
    return is_one_of(place_of(task_),
                     {"pipe_read", "pipe_write", "anon_pipe_read", "anon_pipe_write", "pipe_fcntl",
                      "pipe_ioctl", "pipe_release", "pipe_lock", "pipe_double_lock"});
  }

  /// The call in the registers is the last one before it exited; only the stack tells.
  Wait exiting() const {
    if (in("zap_pid_ns_processes")) return for_kind(NeedKind::Namespace);
    if (in("request_wait_answer")) return for_kind(NeedKind::FuseReply);
    return unknown("it exits, in " + (task_.wchan.empty() ? "?" : task_.wchan));
  }

  /// fs/exec.c begin_new_exec(), de_thread(); kernel/ptrace.c ptrace_attach(), v5.10 to v7.2.
  std::optional<Wait> in_exec_or_ptrace() const {
    constexpr std::uint64_t kAttach = 16;
    constexpr std::uint64_t kSeize = 0x4206;
    const bool exec = is_one_of(task_.syscall_name, {"execve", "execveat"});
    if (exec && (in("de_thread") || task_.wchan == "begin_new_exec")) {
      return for_kind(NeedKind::Threads);
    }
    const bool attaches = argument(0) == kAttach || argument(0) == kSeize;
    if (task_.syscall_name == "ptrace" && attaches && in("ptrace_attach")) {
      return for_kind(NeedKind::ExecLock, static_cast<int>(argument(1)));
    }
    return std::nullopt;
  }

  Wait uninterruptible() const {
    if (is_one_of(task_.syscall_name, {"vfork", "clone", "clone3"})) {
      return for_kind(NeedKind::Vfork);
    }
    const bool one = !is_one_of(task_.syscall_name, {"splice", "tee", "dup2", "dup3"});
    if (in_pipe() && one) return on(argument(0), NeedKind::PipeLock);
    return unknown("it waits in " + (task_.wchan.empty() ? "the kernel" : task_.wchan) +
                   ", for a lock or a device");
  }

  Wait by_call() const {
    const std::string_view call = task_.syscall_name;
    if (is_one_of(call, {"read", "readv", "pread64", "preadv"})) {
      return on(argument(0), NeedKind::Input);
    }
    if (is_one_of(call, {"recvfrom", "recvmsg", "recvmmsg"})) {
      return on(argument(0), NeedKind::Input);
    }
    if (is_one_of(call,
                  {"write", "writev", "pwrite64", "pwritev", "sendto", "sendmsg", "sendmmsg"})) {
      return on(argument(0), NeedKind::Output);
    }
    if (is_one_of(call, {"wait4", "waitid"})) return children();
    if (is_poll(task_)) return polled(argument(1));
    if (is_select(task_)) return polled(argument(0));
    if (is_one_of(call, {"epoll_wait", "epoll_pwait", "epoll_pwait2"})) return epoll();
    if (call == "futex") return futex();
    if (call == "flock") return on(argument(0), NeedKind::FileLock);
    if (call == "fcntl") return record_lock();
    if (is_one_of(call, {"vfork", "clone", "clone3"})) return for_kind(NeedKind::Vfork);
    if (is_one_of(call, {"splice", "tee", "sendfile", "vmsplice"})) return spliced();
    if (is_one_of(call, {"accept", "accept4"})) return open("anybody may connect");
    if (is_one_of(call, {"pause", "rt_sigsuspend", "rt_sigtimedwait"})) {
      return open("it waits for a signal");
    }
    if (is_one_of(call,
                  {"msgrcv", "msgsnd", "semop", "semtimedop", "mq_timedreceive", "mq_timedsend"})) {
      return open("anybody may use that queue or semaphore");
    }
    return unknown("what ends " + std::string(call) + " is not known here");
  }

  /// A terminal, a queue or a file of elsewhere can always be woken; what is not known, perhaps.
  Wait on(std::uint64_t number, NeedKind kind) const {
    const Descriptor* found = descriptor(static_cast<int>(static_cast<std::uint32_t>(number)));
    if (process_ == nullptr) return unknown("its descriptors were not read");
    if (found == nullptr) return unknown("its descriptor is not in its table");
    Need need;
    need.kind = kind;
    need.descriptor = *found;
    need.events = kind == NeedKind::Output ? kPollOut : kPollIn;
    if (process_->split) return unknown("its threads have tables of their own");
    if (kind == NeedKind::FileLock) return closed(std::move(need));
    if (kind == NeedKind::PipeLock && found->kind != ObjectKind::Pipe) {
      return unknown("a lock of what is no pipe");
    }
    switch (found->kind) {
      case ObjectKind::EventFd:  // a large number may not fit while poll says that there is room
        need.simple = kind != NeedKind::Output;
        return closed(std::move(need));
      case ObjectKind::Socket:  // a low-water mark, a message that must fit
        need.simple = false;
        return closed(std::move(need));
      case ObjectKind::Pipe:
        return closed(std::move(need));
      case ObjectKind::Terminal:
        return open("a terminal");
      case ObjectKind::FuseDevice:
        return open("anybody may use its filesystem");
      case ObjectKind::Epoll:
      case ObjectKind::Other:
        break;
    }
    // A file that a task waits for as for a pipe is a FIFO.
    if (in_pipe()) {
      return is_unlinked(found->object) ? closed(std::move(need))
                                        : open("anybody may open " + found->object);
    }
    return unknown("what ends a wait on " + found->object + " is not known here");
  }

  const Descriptor* descriptor(int number) const {
    if (process_ == nullptr) return nullptr;
    for (const Descriptor& d : process_->descriptors) {
      if (d.number == number) return &d;
    }
    return nullptr;
  }

  /// waitid(2): P_ALL 0, P_PID 1, P_PGID 2, P_PIDFD 3; wait4(2): a pid, -1, 0 or a group.
  Wait children() const {
    const auto who = static_cast<std::int32_t>(argument(0));
    if (task_.syscall_name == "wait4") return for_kind(NeedKind::Children, who > 0 ? who : 0);
    const bool one = who == 1;
    return for_kind(NeedKind::Children, one ? static_cast<int>(argument(1)) : 0);
  }

  Wait polled(std::uint64_t count) const {
    if (count == 0) return open("it waits for a signal");
    const bool too_many = count > (is_poll(task_) ? kMostPolled : kMostSelected);
    if (too_many) return unknown("it polls too many descriptors");
    const auto set = poll_set(task_, memory_);
    if (!set) return unknown("what it polls cannot be read");
    Wait all{Wait::Kind::Closed, "", {}};
    for (const PolledFile& file : *set) take(all, file, true);
    return some_of(std::move(all));
  }

  Wait epoll() const {
    const Descriptor* own = descriptor(static_cast<int>(argument(0)));
    if (own == nullptr || own->kind != ObjectKind::Epoll) return unknown("its epoll is not known");
    if (own->watched.empty()) return open("it watches nothing that is known");
    Wait all{Wait::Kind::Closed, "", {}};
    for (const Watched& watched : own->watched) {
      const bool fired = (watched.events & kOneShot) != 0 && (watched.events & kPollBits) == 0;
      const bool repeats = (watched.events & (kEdge | kOneShot | kExclusive)) == 0;
      if (!fired) take(all, {watched.number, watched.events & kPollBits & 0xffff}, repeats);
    }
    all = some_of(std::move(all));
    if (all.kind == Wait::Kind::Closed) {
      Need holders;
      holders.kind = NeedKind::Interest;
      holders.descriptor = *own;
      all.needs.push_back(std::move(holders));
    }
    return all;
  }

  static Wait some_of(Wait all) {
    const bool none = all.kind == Wait::Kind::Closed && all.needs.empty();
    return none ? open("it waits for a signal") : all;
  }
  /// One that is open opens them all. Hang-up and error come unasked: who holds a read end waits
  /// for writers, whatever it asks for.
  void take(Wait& all, const PolledFile& file, bool repeats) const {
    if (all.kind != Wait::Kind::Closed) return;
    const Descriptor* found = descriptor(file.number);
    const bool reads = found == nullptr || found->reads;
    Wait one =
        on(static_cast<std::uint32_t>(file.number), reads ? NeedKind::Input : NeedKind::Output);
    if (one.kind != Wait::Kind::Closed) {
      all = std::move(one);
      return;
    }
    for (Need& need : one.needs) {
      need.events = file.events;
      need.unasked = file.unasked;
      need.any_end = need.descriptor.reads && need.descriptor.writes;
      need.simple = true;
      need.repeats = repeats;
      all.needs.push_back(std::move(need));
    }
  }

  /// Its word is compared when it goes to sleep and not later: a changed word proves nothing.
  /// linux/futex.h: WAIT 0, WAIT_BITSET 9; LOCK_PI 6, LOCK_PI2 13.
  Wait futex() const {
    constexpr std::uint64_t kPrivate = 128;
    const std::uint64_t operation = argument(1) & 127;
    const bool locks = operation == 6 || operation == 13;
    if (operation != 0 && operation != 9 && !locks) return unknown("a futex of a rare kind");
    std::uint32_t word = 0;
    if (memory_.size() != sizeof word) return unknown("its futex word cannot be read");
    std::memcpy(&word, memory_.data(), sizeof word);
    if (locks) return futex_lock(word);
    if (word != static_cast<std::uint32_t>(argument(2))) {
      return unknown("its futex word has changed since it fell asleep");
    }
    if ((argument(1) & kPrivate) != 0) return for_kind(NeedKind::Futex);
    if (futex_ == nullptr) return unknown("a futex that other processes may share");
    if (!futex_->shared) return for_kind(NeedKind::Futex);
    if (!is_unlinked(futex_->object)) return open("anybody may map " + futex_->object);
    return for_kind(NeedKind::Futex);
  }

  /// The kernel lets its owner alone unlock it (kernel/futex/pi.c futex_unlock_pi(), core.c
  /// exit_pi_state_list(), v5.10 to v7.2), and has it marked as waited for.
  static Wait futex_lock(std::uint32_t word) {
    constexpr std::uint32_t kWaiters = 0x80000000;
    constexpr std::uint32_t kOwnerDied = 0x40000000;
    constexpr std::uint32_t kOwner = 0x3fffffff;
    const bool settled = (word & kWaiters) != 0 && (word & kOwnerDied) == 0;
    if (!settled || (word & kOwner) == 0) return unknown("the owner of its futex is not told");
    return for_kind(NeedKind::FutexOwner, static_cast<int>(word & kOwner));
  }

  /// asm-generic/fcntl.h: F_SETLKW 7, F_OFD_SETLKW 38.
  Wait record_lock() const {
    const std::uint64_t command = argument(1);
    if (command != 7 && command != 38) return unknown("a wait in fcntl");
    return on(argument(0), NeedKind::FileLock);
  }

  /// fs/splice.c, v5.10 to v7.2: which end it waits for is told by the function. Anywhere else it
  /// waits for what is not its pipe.
  Wait spliced() const {
    const std::string place = place_of(task_);
    const bool splice = task_.syscall_name == "splice";
    if (is_one_of(place, {"wait_for_space", "pipe_wait_writable", "opipe_prep"})) {
      return on(argument(splice ? 2 : 1), NeedKind::Output);
    }
    if (is_one_of(place, {"splice_from_pipe_next", "pipe_wait_readable", "ipipe_prep"})) {
      return on(argument(0), NeedKind::Input);
    }
    return unknown("what ends " + task_.syscall_name + " in " + place + " is not known here");
  }

  const TaskSample& task_;
  const SeenProcess* process_;
  const std::string& memory_;
  const FutexMemory* futex_;
};

}  // namespace

bool may_be_closed(const TaskSample& task) {
  if ((task.flags & kFlagExiting) != 0 || task.state == 'D') return true;
  static const SeenProcess nothing;
  SeenTask seen;
  seen.sample = task;
  const Wait wait = wait_of(seen, &nothing, "");
  return wait.kind != Wait::Kind::Open;
}

Wait wait_of(const SeenTask& task, const SeenProcess* process, const std::string& memory,
             const FutexMemory* futex) {
  return Reading(task, process, memory, futex).wait();
}

Wait wait_in(const Snapshot& seen, const SeenTask& task) {
  const auto process = seen.processes.find(task.sample.pid);
  const auto memory = seen.memory.find(task.sample.tid);
  const auto futex = seen.futexes.find(task.sample.tid);
  return wait_of(task, process != seen.processes.end() ? &process->second : nullptr,
                 memory != seen.memory.end() ? memory->second : std::string(),
                 futex != seen.futexes.end() ? &futex->second : nullptr);
}

}  // namespace hangrate
