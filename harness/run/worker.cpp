// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/run/worker.h"

#include <climits>
#include <csignal>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/run/command_manifest.h"
#include "harness/run/plan.h"
#include "harness/run/slot_view.h"
#include "harness/sys/child.h"

namespace hangrate {

using protocol::Verb;

Result<Worker> Worker::start(const CellPlan& plan, Arena& arena, const Cgroup& cgroup,
                             const RunRecord& record, std::size_t slot_index, std::uint32_t lane,
                             std::uint64_t id) {
  Worker worker;
  worker.id_ = id;
  worker.lane_ = lane;
  worker.slot_index_ = slot_index;
  worker.slot_ = &arena.renew(slot_index);
  worker.slot_->seed = plan.spec.seed;
  worker.slot_->lane = lane;
  worker.slot_->patience_ns = plan.spec.variant_spec().patience_us * kMicro;
  worker.slot_->search_trials = plan.spec.search;
  if (const auto& replay = plan.spec.replay) {
    worker.slot_->replay = 1;
    worker.slot_->replay_trial = replay->trial;
    fill(worker.slot_->replay_shot, replay->plan, replay->delay_ns);
  }
  worker.output_ = make_output_file("hangrate-worker");
  SpawnOptions options;
  options.argv = {plan.executable, plan.spec.variant};
  for (const auto& [name, value] : plan.spec.params) options.argv.push_back(name + "=" + value);
  options.environment = {
      {protocol::kSlotFdVariable, std::to_string(arena.slot_fd(slot_index))},
      {protocol::kSearchFdVariable, std::to_string(arena.search_fd())},
      {protocol::kBellFdVariable, std::to_string(arena.bell_fd())},
  };
  if (!plan.spec.manifest.exec.empty()) {
    options.environment.emplace_back(kCommandVariable, command_text(plan.spec.manifest));
  }
  UniqueFd kernel_log;  // opened here: the worker has no CAP_SYSLOG
  if (!plan.spec.manifest.match.empty()) {
    kernel_log.reset(::open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  }
  if (kernel_log) {
    options.environment.emplace_back(kKernelLogVariable, std::to_string(kernel_log.get()));
  }
  if (!record.path().empty()) {
    options.environment.emplace_back(protocol::kRecordVariable, record.path());
    options.environment.emplace_back(protocol::kRecordLineVariable, std::to_string(slot_index));
  }
  options.inherits = Inherits::Plain;
  options.reproducer = true;
  options.inherited = {arena.slot_fd(slot_index), arena.search_fd(), arena.bell_fd()};
  if (kernel_log) options.inherited.push_back(kernel_log.get());
  options.stdout_fd = worker.output_.get();
  options.stderr_fd = worker.output_.get();
  options.cgroup_fd = cgroup.directory_fd();
  options.cgroup_procs = cgroup.procs_file();
  worker.entered_at_birth_ = options.cgroup_fd >= 0;
  worker.started_ = now_ns();
  auto pid = spawn(options);
  if (!pid) return fail(pid.error().context("starting a worker of " + plan.spec.repro));
  worker.pid_ = *pid;
  return worker;
}

std::string Worker::output() const {
  return output_tail(output_.get());
}

void Worker::lease(const IndexRange& range) {
  slot_->done.store(0, std::memory_order_relaxed);
  slot_->lease_first.store(range.first, std::memory_order_relaxed);
  slot_->lease_count.store(range.count, std::memory_order_relaxed);
  send(Verb::Lease);
}

void Worker::send(Verb verb) {
  ++sequence_;
  last_ = verb;
  sent_at_ = now_ns();
  slot_->command.store(protocol::make_command(sequence_, verb), std::memory_order_release);
  ::syscall(SYS_futex, &slot_->command, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

bool Worker::answered() const {
  return slot_->answered.load(std::memory_order_acquire) == sequence_;
}

void Worker::kill() const {
  signal_group(pid_, SIGKILL);
  signal_child(pid_, SIGKILL);  // before its setsid() there is no such group yet
}

}  // namespace hangrate
