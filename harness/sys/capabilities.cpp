// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/capabilities.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/base/file.h"
#include "harness/sys/cgroup.h"
#include "harness/sys/child.h"
#include "harness/sys/proc_reader.h"
#include "harness/sys/program.h"
#include "harness/sys/run_record.h"

namespace hangrate {

namespace {

constexpr Nanos kProbeLimit = 5 * kSecond;

std::string reason(int error) {
  return std::string(std::strerror(error)) + " (" + std::to_string(error) + ")";
}

void end_child(pid_t pid) {
  if (signal_child(pid, SIGKILL)) await_child(pid, kSecond);
}

/// What a helper that makes one system call says of it: 0, an errno, or that it hangs.
struct Answer {
  bool works = false;
  std::string reason;
};

Answer answer_of(const Result<pid_t>& pid) {
  if (!pid) return {false, pid.error().what()};
  const std::optional<int> status = await_child(*pid, kProbeLimit);
  if (!status) {
    signal_child(*pid, SIGKILL);
    return {false, "no answer within " + std::to_string(kProbeLimit / kSecond) + " s"};
  }
  if (!WIFEXITED(*status)) return {false, "ended by signal " + std::to_string(WTERMSIG(*status))};
  return {WEXITSTATUS(*status) == 0, reason(WEXITSTATUS(*status))};
}

/// One look at a child of ours that sleeps in read(2) on an empty pipe.
SampleSet look_at_sleeper() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return {};
  const UniqueFd read_end(ends[0]);
  const UniqueFd write_end(ends[1]);
  const auto pid = fork_helper("hangrate-sleeper", {ends[0], ends[1]}, true, [&] {
    char byte = 0;
    return ::read(ends[0], &byte, 1) < 0 ? 1 : 0;
  });
  if (!pid) return {};
  ProcReader reader;
  ReadTarget target{
      .pid = *pid, .tid = *pid, .poll_fd = ends[1], .poll_events = POLLOUT, .victim = 1};
  SampleSet seen;
  const Nanos deadline = now_ns() + 2 * kSecond;
  while (now_ns() < deadline) {
    reader.request({target}, kSecond);
    std::optional<ProcReader::Answer> answer;
    while (!(answer = reader.receive())) {
      pollfd wait{.fd = reader.fd(), .events = POLLIN, .revents = 0};
      ::poll(&wait, 1, 100);
    }
    seen = std::move(answer->samples);
    if (!seen.tasks.empty() && seen.tasks.front().state == 'S') break;
  }
  end_child(*pid);
  end_child(reader.helper());
  return seen;
}

Capability source(const std::string& name, bool works, const std::string& found,
                  const SampleSet& seen, const std::string& remedy) {
  Capability c{name, works, found, ""};
  if (works) return c;
  c.detail = "not readable";
  const auto take = [&](const std::vector<Absence>& absences) {
    for (const Absence& absence : absences) {
      if (absence.source == name) c.detail = absence.reason;
    }
  };
  take(seen.absent);
  if (!seen.tasks.empty()) take(seen.tasks.front().absent);
  c.remedy = remedy;
  return c;
}

Capability probe_fuse() {
  Capability c{"fuse", false, "", ""};
  const UniqueFd device(::open("/dev/fuse", O_RDWR | O_CLOEXEC));
  if (!device) {
    c.detail = "/dev/fuse: " + reason(errno);
    c.remedy =
        errno == ENOENT ? "modprobe fuse, or give the container --device /dev/fuse" : "run as root";
    return c;
  }
  const auto pid = fork_helper("hangrate-mount", {device.get()}, true,
                               [] { return ::unshare(CLONE_NEWNS) == 0 ? 0 : errno; });
  const Answer answer = answer_of(pid);
  c.works = answer.works;
  c.detail = c.works ? "/dev/fuse opens and mount namespaces can be made"
                     : "no mount namespace: " + answer.reason;
  if (!c.works) c.remedy = "run as root, in a container with --cap-add SYS_ADMIN";
  return c;
}

Capability probe_realtime() {
  const auto pid = fork_helper("hangrate-fifo", {}, true, [] {
    sched_param param{};
    param.sched_priority = 1;
    return ::sched_setscheduler(0, SCHED_FIFO, &param) == 0 ? 0 : errno;
  });
  const auto [works, reason] = answer_of(pid);
  return {"realtime", works, works ? "SCHED_FIFO is granted" : reason,
          works ? "" : "run as root or raise RLIMIT_RTPRIO, for --param policy=fifo"};
}

Capability probe_cgroup() {
  RunRecord record = RunRecord::make();  // killed amid this, we would leave the leaf
  const Cgroup group =
      Cgroup::make(record.id(), [&](const std::string& path) { record.intend_cgroup(path); });
  if (group.version() == 0) {
    return {"cgroup", false, group.why_not(),
            "run as root or delegate a cgroup; leftovers are found through the child reaper only"};
  }
  return {"cgroup", true, "version " + std::to_string(group.version()) + ", " + group.path(), ""};
}

}  // namespace

std::vector<Capability> probe_capabilities() {
  const SampleSet seen = look_at_sleeper();
  const TaskSample task = seen.tasks.empty() ? TaskSample{} : seen.tasks.front();
  std::vector<Capability> all;
  all.push_back(source("status", task.switches.has_value(), "states and context switches", seen,
                       "mount /proc without hidepid, or run as root"));
  all.push_back(source("stack", !task.stack.empty(),
                       task.stack.empty() ? "" : "kernel stacks, e.g. " + task.stack.front(), seen,
                       "run as root (CAP_SYS_ADMIN) on a kernel with CONFIG_STACKTRACE"));
  all.push_back(source("wchan", !task.wchan.empty(), "e.g. " + task.wchan, seen,
                       "needs CONFIG_KALLSYMS and permission to trace the task"));
  all.push_back(source("syscall", !task.syscall_name.empty(), "e.g. " + task.syscall_name, seen,
                       "needs CONFIG_HAVE_ARCH_TRACEHOOK and permission to trace the task"));
  all.push_back(source("fd", !seen.fds.empty(), "pidfd_getfd(2): own look at a victim's descriptor",
                       seen, "needs Linux 5.6 and permission to trace the task"));
  all.push_back(probe_bpf());
  all.push_back(probe_cgroup());
  all.push_back(probe_fuse());
  all.push_back(probe_realtime());
  return all;
}

std::string newest_kernel_image() {
  std::error_code error;
  std::string newest;
  std::filesystem::file_time_type when;
  for (const auto& file : std::filesystem::directory_iterator("/boot", error)) {
    if (!file.path().filename().string().starts_with("vmlinuz")) continue;
    const auto written = file.last_write_time(error);
    if (newest.empty() || written > when) {
      newest = file.path().string();
      when = written;
    }
  }
  return newest;
}

Capability untried_kvm() {
  return {"kvm", false, "", "guests run under TCG, about ten times slower"};
}

KvmProbe probe_kvm(const std::string& kernel) {
  KvmProbe probe{.capability = untried_kvm()};
  Capability& c = probe.capability;
  const UniqueFd device(::open("/dev/kvm", O_RDWR | O_CLOEXEC));
  if (!device) {
    c.detail = "/dev/kvm: " + reason(errno);
    return probe;
  }
  const std::string qemu = find_program("qemu-system-x86_64");
  if (qemu.empty()) {
    c.detail = "/dev/kvm opens, but there is no qemu-system-x86_64 to run a guest with";
    c.remedy = "apt-get install qemu-system-x86";
    return probe;
  }
  if (kernel.empty()) {
    c.detail = "not proven: no kernel image in /boot or in the cache to run a guest with";
    c.remedy = "hangrate doctor --guest-kernel BZIMAGE";
    return probe;
  }
  const UniqueFd log = make_output_file("hangrate-kvm");
  const auto pid =
      spawn({.argv = {qemu, "-accel", "kvm", "-cpu", "host", "-m", "256", "-nodefaults", "-display",
                      "none", "-no-reboot", "-net", "none", "-serial", "stdio", "-kernel", kernel,
                      "-append", "console=ttyS0 earlyprintk=serial panic=-1"},
             .stdout_fd = log.get()});
  if (!pid) {
    c.detail = pid.error().what();
    return probe;
  }
  const Nanos deadline = now_ns() + 10 * kSecond;
  bool running = true;
  while (now_ns() < deadline && running && !c.works) {
    const timespec nap = to_timespec(10 * kMilli);
    ::nanosleep(&nap, nullptr);
    running = ::waitpid(*pid, nullptr, WNOHANG) == 0;
    c.works = output_tail(log.get(), 1u << 20).find("Linux version") != std::string::npos;
  }
  if (running) end_child(*pid);
  probe.conclusive = c.works || running;
  c.detail = c.works   ? "a guest ran " + kernel
             : running ? "/dev/kvm exists, but a guest hangs: no sign of life within 10 s"
                       : "QEMU or its guest ended without a sign of life";
  if (c.works) c.remedy.clear();
  return probe;
}

}  // namespace hangrate
