// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/fuse_flush_exit/shot.h"

#include <algorithm>
#include <cstring>

#include <sched.h>

#include "repros/fuse_flush_exit/task_life.h"
#include "repros/fuse_flush_exit/workspace.h"

namespace hangrate::fuse_flush_exit {

namespace {

// For steps that take 0.2 ms on a machine at rest; a guest without KVM on a busy host needs the
// rest.
constexpr Nanos kStepLimit = 10 * kSecond;

const char* words(Life life) {
  switch (life) {
    case Life::Alive:
      return "lives";
    case Life::Killed:
      return "has been killed but has not begun to exit";
    case Life::Exiting:
      return "is exiting";
    case Life::Gone:
      return "is gone";
  }
  return "";
}

std::string requests(int connection, long waiting) {
  return "connection " + std::to_string(connection) + " has " +
         (waiting == 0 ? "no" : std::to_string(waiting)) +
         (waiting > 1 ? " requests waiting" : " request waiting");
}

}  // namespace

Scene scene_named(const std::string& variant) {
  if (variant == "pid-namespace") return Scene::PidNamespace;
  if (variant == "inherited-fd") return Scene::InheritedFd;
  if (variant == "live-daemon") return Scene::LiveDaemon;
  if (variant == "lookup") return Scene::Lookup;
  if (variant == "no-flush") return Scene::NoFlush;
  return Scene::SelfHeld;
}

std::string Shot::mount() {
  if (std::string failure = server_.open(); !failure.empty()) return failure;
  if (std::string failure = server_.mount(kMountPoint); !failure.empty()) return failure;
  connection_ = fuse_connection_at(kMountPoint);
  return connection_ != 0 ? "" : "statx of the mount point failed";
}

std::string Shot::arm() {
  std::string failure = mailbox_.open();
  if (!failure.empty()) return failure;
  switch (scene_) {
    case Scene::SelfHeld:
      return arm_self_held({}, News::Armed);
    case Scene::Lookup:
      return arm_self_held({.eat_lookup = true}, News::LookupEaten);
    case Scene::NoFlush:
      return arm_self_held({.refuse_flush = true}, News::Armed);
    case Scene::PidNamespace:
      return arm_pid_namespace();
    case Scene::InheritedFd:
      return arm_inherited_fd();
    case Scene::LiveDaemon:
      return arm_live_daemon();
  }
  return failure;
}

std::string Shot::arm_self_held(const FuseDiet& diet, News ready) {
  std::string failure = victim_.start(0, [&] {
    mailbox_.keep_sender();
    run_daemon(server_, mailbox_, DaemonTask::HoldFile, diet);
  });
  if (!failure.empty()) return failure;
  server_pid_ = victim_.pid();
  return expect(ready);
}

std::string Shot::arm_pid_namespace() {
  std::string failure = victim_.start(CLONE_NEWPID, [&] {
    mailbox_.keep_sender();
    run_namespace_init(server_, mailbox_);
  });
  if (!failure.empty()) return failure;
  return expect(News::Armed, &server_pid_);
}

std::string Shot::arm_inherited_fd() {
  std::string failure = accomplice_.start(0, [&] {
    mailbox_.keep_sender();
    run_daemon(server_, mailbox_, DaemonTask::ForkHeir, {});
  });
  if (!failure.empty()) return failure;
  int heir = 0;
  failure = expect(News::Armed, &heir);
  if (!failure.empty()) return failure;
  failure = victim_.adopt(heir);
  if (!failure.empty()) return failure;
  // The daemon holds no file, so it dies like anybody. Only when it has is the heir the last
  // server: before that, the daemon's thread would answer the FLUSH.
  accomplice_.kill();
  if (!accomplice_.reap_within(kStepLimit)) return "the daemon does not die";
  server_pid_ = heir;
  return "";
}

std::string Shot::arm_live_daemon() {
  const FuseDiet diet{.eat_flush = true};
  std::string failure = accomplice_.start(0, [&] {
    mailbox_.keep_sender();
    run_daemon(server_, mailbox_, DaemonTask::Serve, diet);
  });
  if (!failure.empty()) return failure;
  server_pid_ = accomplice_.pid();
  server_.close();
  failure = victim_.start(0, [&] {
    mailbox_.keep_sender();
    run_holder(mailbox_, false);
  });
  if (!failure.empty()) return failure;
  return expect(News::Armed);
}

std::string Shot::expect(News wanted, int* sender) {
  // From here on the server's side is held by the cast alone, and silence is noticed at once if all
  // of them die.
  server_.close();
  mailbox_.keep_reader();
  const Message message = mailbox_.receive(kStepLimit);
  if (sender != nullptr) *sender = message.pid;
  if (message.news == wanted) return "";
  if (message.news == News::Failed) {
    return std::string("a child could not open the file: ") + std::strerror(message.error_number);
  }
  return "the children did not get ready";
}

void Shot::kill() {
  killed_ = true;
  victim_.kill();
}

void Shot::abort() const {
  if (connection_ != 0) abort_fuse_connection(connection_);
}

std::string Shot::end_cast() {
  // Abort first: a daemon with a file of its own wedges by being killed. That goes for an heir too,
  // which we may not know yet and which dies with us.
  abort();
  victim_.kill();
  accomplice_.kill();
  if (!victim_.reap_within(kStepLimit)) return "the victim does not die";
  if (!accomplice_.reap_within(kStepLimit)) return "the daemon does not die";
  return "";
}

std::string Shot::clean_up() {
  std::string left;
  if (victim_.started() || accomplice_.started()) left = end_cast();
  server_.close();
  mailbox_.close();
  if (connection_ != 0) {
    const std::string failure = unmount(kMountPoint);
    if (left.empty()) left = failure;
  }
  connection_ = 0;
  server_pid_ = 0;
  killed_ = false;
  return left;
}

std::vector<kit::PartyInfo> Shot::parties() const {
  kit::PartyInfo victim;
  victim.pid = victim_.pid();
  victim.victim = true;
  kit::PartyInfo other;
  other.role = "daemon";
  switch (scene_) {
    case Scene::SelfHeld:
    case Scene::Lookup:
    case Scene::NoFlush:
      victim.role = "daemon";
      return {victim};
    case Scene::PidNamespace:
      victim.role = "init";
      other.pid = server_pid_;
      other.victim = true;
      return {other, victim};
    case Scene::InheritedFd:
      victim.role = "heir";
      return {victim};
    case Scene::LiveDaemon:
      victim.role = "client";
      other.pid = server_pid_;
      return {victim, other};
  }
  return {};
}

kit::Invariant Shot::invariant() const {
  const auto waiting = fuse_requests_waiting(connection_);
  if (!waiting) {
    return {kit::InvariantStatus::Unknown,
            "connection " + std::to_string(connection_) + " cannot be read"};
  }
  if (*waiting == 0) return {kit::InvariantStatus::Holds, requests(connection_, 0)};
  // Who holds the server's side is known by construction: /proc/PID/fd of an exiting process is
  // empty although its files are still open (v6.1 kernel/exit.c exit_files() clears task->files
  // first).
  const Life life = life_of_process(server_pid_);
  const std::string text = requests(connection_, *waiting) + " and its only server, process " +
                           std::to_string(server_pid_) + ", " + words(life);
  switch (life) {
    case Life::Alive:
      return {kit::InvariantStatus::Holds, text};
    case Life::Killed:
      return {kit::InvariantStatus::Unknown, text};
    case Life::Exiting:
    case Life::Gone:
      return {kit::InvariantStatus::Broken, text};
  }
  return {};
}

}  // namespace hangrate::fuse_flush_exit
