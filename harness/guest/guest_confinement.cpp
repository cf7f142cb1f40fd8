// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/guest/guest_confinement.h"

#include <csignal>
#include <filesystem>

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "harness/base/file.h"
#include "harness/sys/child.h"

namespace hangrate {

namespace {

constexpr std::uint64_t kMiB = 1u << 20;
/// QEMU 7.2 with 1 GiB for its guest has 2.4 GiB of address space at most (TCG's cache: 1 GiB).
constexpr std::uint64_t kQemuOverhead = 4096 * kMiB;
constexpr std::uint64_t kStackOfThread = 64 * kMiB;
constexpr std::uint64_t kDescriptors = 128;
/// Threads that QEMU may make for a device that calls the file system; it ends if it cannot (v7.2
/// THREAD_POOL_MAX_THREADS_DEFAULT, qemu_thread_create()).
constexpr std::uint64_t kPoolThreads = 64;
constexpr std::uint64_t kUmlDescriptors = 4096;
/// A user-mode kernel's memory is a sparse file of that size and of the gap between program and
/// heap, which the host chooses at random, up to 1 GiB. So its console has no limit in the kernel.
constexpr std::uint64_t kUmlGap = 4096 * kMiB;

/// How this machine's /dev/kvm can be opened by a user of nobody.
struct KvmDevice {
  bool reachable = false;
  std::optional<gid_t> group;
};

KvmDevice kvm_device() {
  struct stat info {};
  if (::stat("/dev/kvm", &info) != 0) return {};
  if ((info.st_mode & 0006) == 0006) return {true, std::nullopt};
  if ((info.st_mode & 0060) == 0060 && info.st_gid != 0) return {true, info.st_gid};
  return {};
}

std::uint64_t cpu_seconds(const GuestSetup& setup) {
  const auto threads = static_cast<std::uint64_t>(setup.cpus) + 2;
  return static_cast<std::uint64_t>(setup.wall / kSecond) * threads;
}

/// The value behind `name` in /proc/PID/status.
std::string field(const std::string& status, const std::string& name) {
  for (const std::string& line : split(status, '\n')) {
    if (line.starts_with(name + ":")) return trimmed(line.substr(name.size() + 1));
  }
  return {};
}

/// What of a confined process does not hold, each as a few words.
std::vector<std::string> gaps_of(pid_t pid, const Confinement& wanted) {
  const std::string proc = "/proc/" + std::to_string(pid);
  const std::string status = read_file(proc + "/status").value_or("");
  const std::string limits = read_file(proc + "/limits").value_or("");
  std::vector<std::string> gaps;
  const auto expect = [&](bool holds, const char* gap) {
    if (!holds) gaps.emplace_back(gap);
  };
  expect(field(status, "Seccomp") == "2", "QEMU's sandbox");
  expect(field(status, "NoNewPrivs") == "1", "no new privileges");
  const std::string own = std::to_string(kFirstOwnUser + static_cast<uid_t>(pid));
  expect(!wanted.own_user || field(status, "Uid").starts_with(own + "\t" + own),
         "a user of its own");
  expect(wanted.own_user || ::geteuid() != 0, "an unprivileged user");
  expect(read_file(proc + "/environ").value_or("?").empty(), "an empty environment");
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(proc + "/fd", error)) {
    const std::string target = std::filesystem::read_symlink(entry.path(), error).string();
    const bool own_file = target == "/dev/null" || target.starts_with("anon_inode:") ||
                          target.starts_with("/memfd:hangrate-qemu");
    if (!own_file) gaps.push_back("no foreign descriptor: " + target);
  }
  for (const char* limit : {"Max address space", "Max file size", "Max cpu time"}) {
    const std::size_t at = limits.find(limit);
    const bool set = at != limits.npos && limits.substr(at + 25, 10).find("unlim") == limits.npos;
    if (!set) gaps.push_back(std::string("a limit: ") + limit);
  }
  return gaps;
}

std::string user_gap(const std::string& accel) {
  if (::geteuid() != 0) return "";
  if (!can_have_own_user()) return "this user namespace has no users to spare";
  if (accel == "kvm" && !kvm_device().reachable) {
    return "only root may open /dev/kvm: chgrp kvm /dev/kvm; chmod 660 /dev/kvm";
  }
  return "";
}

}  // namespace

Confinement qemu_confinement(const GuestSetup& setup) {
  const bool kvm = setup.accel == "kvm";
  const KvmDevice device = kvm_device();
  const bool own_user = can_have_own_user() && (!kvm || device.reachable);
  const auto cpus = static_cast<std::uint64_t>(setup.cpus);
  return {.own_user = own_user,
          .group = kvm ? device.group : std::nullopt,
          .memory = static_cast<std::uint64_t>(setup.memory_mib) * kMiB + kQemuOverhead +
                    cpus * kStackOfThread,
          .file = setup.most_console,
          .descriptors = kDescriptors,
          .tasks = own_user ? 16 + 2 * cpus + (setup.qemu.empty() ? 0 : kPoolThreads) : 0,
          .cpu = cpu_seconds(setup)};
}

Confinement uml_confinement(const GuestSetup& setup) {
  const std::uint64_t memory = static_cast<std::uint64_t>(setup.memory_mib) * kMiB;
  return {.own_user = false,
          .group = std::nullopt,
          .memory = 0,
          .file = memory + kUmlGap,
          .descriptors = kUmlDescriptors,
          .tasks = 0,
          .cpu = cpu_seconds(setup)};
}

Capability probe_confinement(const std::string& accel) {
  Capability c{.name = "confined", .works = false, .detail = "", .remedy = ""};
  const std::string qemu = qemu_program();
  if (qemu.empty()) {
    c.detail = "no qemu-system-x86_64 to try";
    c.remedy = "apt-get install qemu-system-x86";
    return c;
  }
  GuestSetup setup;
  setup.accel = accel;
  const Confinement wanted = qemu_confinement(setup);
  const UniqueFd output = make_output_file("hangrate-qemu");
  const auto pid = spawn({.argv = {qemu, "-machine", "none", "-S", "-nodefaults", "-display",
                                   "none", "-monitor", "none", "-sandbox", kQemuSandbox},
                          .inherits = Inherits::Nothing,
                          .confinement = wanted,
                          .stdout_fd = output.get(),
                          .stderr_fd = output.get()});
  if (!pid) {
    c.detail = pid.error().what();
    return c;
  }
  bool running = true;
  std::vector<std::string> gaps = {"QEMU does not start"};
  for (const Nanos deadline = now_ns() + 5 * kSecond; running && !gaps.empty();) {
    gaps = gaps_of(*pid, wanted);  // the filter comes last of what it does
    if (now_ns() > deadline) break;
    const timespec nap = to_timespec(10 * kMilli);
    ::nanosleep(&nap, nullptr);
    running = ::waitpid(*pid, nullptr, WNOHANG) == 0;
  }
  if (running) {
    signal_child(*pid, SIGKILL);
    await_child(*pid, kSecond);
  }
  c.works = running && gaps.empty();
  const std::string holds = wanted.own_user ? "a user of its own" : "the user that started it";
  if (c.works) {
    c.detail = "QEMU runs in its sandbox, as " + holds +
               ", with no environment, no foreign descriptors, no new privileges, and limits on "
               "memory, files and time; a user-mode kernel runs as us, without sandbox and limit "
               "on memory";
  } else if (!running) {
    c.detail = "a confined QEMU ends at once: " + output_tail(output.get());
    c.remedy = "a QEMU with seccomp, in folders that all users may read";
  } else {
    c.detail = fmt::format("does not hold: {}", fmt::join(gaps, ", "));
    c.remedy = user_gap(accel);
  }
  return c;
}

}  // namespace hangrate
