// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/waits/wait_words.h"

#include <fmt/format.h>

#include "harness/base/text.h"

namespace hangrate {

namespace {

template <typename Name>
std::string joined(const std::set<int>& all, const std::string& last, Name name) {
  constexpr std::size_t kMost = 4;
  std::string text;
  std::size_t shown = 0;
  for (const int one : all) {
    if (shown == kMost) return fmt::format("{} and {} others", text, all.size() - shown);
    if (shown != 0) text += shown + 1 == all.size() ? last : ", ";
    text += name(one);
    ++shown;
  }
  return text;
}

}  // namespace

std::string need_words(const Need& need) {
  const std::string& object = need.descriptor.object;
  switch (need.kind) {
    case NeedKind::Input:
      return need.descriptor.kind == ObjectKind::EventFd ? "somebody adds to " + object
                                                         : "something comes from " + object;
    case NeedKind::Output:
      return "there is room in " + object;
    case NeedKind::PipeLock:
      return "the lock of " + object + " is free";
    case NeedKind::Children:
      return need.who == 0 ? "a child ends" : fmt::format("its child {} ends", need.who);
    case NeedKind::Vfork:
      return "the child that borrows its memory executes or exits";
    case NeedKind::Threads:
      return "its other threads have ended, so that it can execute";
    case NeedKind::ExecLock:
      return fmt::format("process {} has executed, so that it can be traced", need.who);
    case NeedKind::Namespace:
      return "every member of its pid namespace has ended and was reaped";
    case NeedKind::FuseReply:
      return "a FUSE server answers";
    case NeedKind::FileLock:
      return "the lock of " + object + " is free";
    case NeedKind::Futex:
      return "somebody who has its memory wakes its futex";
    case NeedKind::FutexOwner:
      return fmt::format("thread {}, which owns its futex, unlocks it", need.who);
    case NeedKind::Interest:
      return "something is added to its epoll";
  }
  return "";
}

TaskRef ref_of(const TaskSample& task) {
  return {task.pid,
          task.tid,
          task.comm,
          task.state,
          task.syscall_name,
          task.wchan,
          (task.flags & kFlagExiting) != 0,
          task.stack};
}

std::string name_of(const TaskRef& task) {
  if (task.pid == task.tid) return fmt::format("{}[{}]", task.comm, task.pid);
  return fmt::format("{}[{}/{}]", task.comm, task.pid, task.tid);
}

std::string name_of(const TaskSample& task) {
  return name_of(ref_of(task));
}

std::string names_of(const std::set<int>& ids, const Snapshot& seen, const std::string& last) {
  return joined(ids, last, [&](int id) {
    const auto task = seen.tasks.find(id);
    return task != seen.tasks.end() ? name_of(task->second.sample) : std::to_string(id);
  });
}

std::string wait_words(const SeenTask& task, const Wait& wait) {
  const TaskSample& sample = task.sample;
  std::string text = name_of(sample) + " sleeps";
  if ((sample.flags & kFlagExiting) != 0) {
    text += ", exiting,";
  } else if (!sample.syscall_name.empty()) {
    text += " in " + sample.syscall_name;
  }
  if (!sample.wchan.empty()) text += " (" + sample.wchan + ")";
  std::string needs;
  for (const Need& need : wait.needs) {
    const std::string words = need_words(need);
    if (needs.find(words) != needs.npos) continue;
    needs += (needs.empty() ? " until " : " or ") + words;
  }
  return text + needs;
}

std::string ready_words(const Need& need) {
  const std::string& object = need.descriptor.object;
  return need.kind == NeedKind::Input ? "but what it waits for is in " + object + " already"
                                      : "but there is room in " + object + " already";
}

bool is_frozen(const TaskSample& task) {
  for (const char* function : {"__refrigerator", "do_freezer_trap", "do_signal_stop", "ptrace_stop",
                               "cgroup_enter_frozen"}) {
    if (task.wchan == function || contains(task.stack, function)) return true;
  }
  return false;
}

}  // namespace hangrate
