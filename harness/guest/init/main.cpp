// SPDX-License-Identifier: GPL-2.0-or-later
//
// The init of a guest: mounts what the reproducers need, loads modules, runs the commands of its
// plan one after the other and powers off. All it has to say goes to the channel; the console is
// the kernel's.
#include <cstdlib>
#include <filesystem>
#include <optional>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/base/elf_notes.h"
#include "harness/base/file.h"
#include "harness/guest/guest_plan.h"
#include "harness/model/json.h"
#include "harness/sys/channel.h"
#include "harness/sys/child.h"
#include "harness/sys/lone_cpu.h"

namespace hangrate {

namespace {

void say_on_console(const std::string& text) {
  const std::string line = "<2>hangrate-init: " + text + "\n";  // critical: "quiet" lets it pass
  const UniqueFd console(::open("/dev/kmsg", O_WRONLY | O_CLOEXEC));
  if (::write(console.get(), line.data(), line.size()) < 0) return;
}

void mount_at(const char* path, const char* type) {
  ::mkdir(path, 0755);
  if (::mount(type, path, type, 0, nullptr) != 0 && errno != EBUSY) {
    say_on_console(std::string("mount(") + type + "): " + std::strerror(errno));
  }
}

/// Files of a user that lie there already stay, and the root is memory too.
void mount_if_empty(const char* path, const char* type) {
  std::error_code error;
  const bool filled =
      std::filesystem::directory_iterator(path, error) != std::filesystem::directory_iterator();
  if (!filled) mount_at(path, type);
}

/// What shells expect, and no kernel makes.
void link_descriptors() {
  constexpr const char* kLinks[][2] = {{"/proc/self/fd", "/dev/fd"},
                                       {"/proc/self/fd/0", "/dev/stdin"},
                                       {"/proc/self/fd/1", "/dev/stdout"},
                                       {"/proc/self/fd/2", "/dev/stderr"}};
  for (const auto& [target, path] : kLinks) {
    if (::symlink(target, path) != 0 && errno != EEXIST)
      say_on_console(path + std::string(": no link"));
  }
}

/// What the plan says of the environment of its commands.
void set_environment(const Json& plan) {
  if (plan.value("lone_cpu", false)) ::setenv(kLoneCpuVariable, "1", 1);
  const std::string path = plan.value("path", "");
  if (!path.empty()) ::setenv("PATH", path.c_str(), 1);
  const std::string folder = plan.value("folder", "");
  if (!folder.empty() && ::chdir(folder.c_str()) != 0) {
    say_on_console("chdir(" + folder + "): " + std::strerror(errno));
  }
}

/// Commands find the root as it was made, however many of them have run. Files of ours lie in it,
/// so it cannot be a file system of its own; the mount is what refuses.
void fix_root() {
  mount_if_empty("/var/tmp", "tmpfs");
  // Where files of a user lie already it is memory of the root, which stays writable.
  for (const char* place : {"/tmp", "/run", "/var/tmp"}) {
    ::mount(place, place, nullptr, MS_BIND, nullptr);
  }
  if (::mount(nullptr, "/", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) != 0) {
    say_on_console(std::string("the root can be written: ") + std::strerror(errno));
  }
}

void mount_all() {
  mount_at("/dev", "devtmpfs");
  link_descriptors();
  mount_at("/proc", "proc");
  mount_at("/sys", "sysfs");
  mount_if_empty("/tmp", "tmpfs");
  mount_if_empty("/run", "tmpfs");
  mount_at("/dev/shm", "tmpfs");
  mount_at("/sys/fs/cgroup", "cgroup2");
  mount_at("/sys/kernel/debug", "debugfs");
  mount_at("/sys/kernel/tracing", "tracefs");
}

std::optional<std::string> channel_path() {
  std::error_code error;
  for (const auto& device : std::filesystem::directory_iterator("/sys/bus/pci/devices", error)) {
    const std::string folder = device.path().string();
    if (first_line(folder + "/vendor") != kChannelVendor) continue;
    if (first_line(folder + "/device") != kChannelDevice) continue;
    const UniqueFd enable(::open((folder + "/enable").c_str(), O_WRONLY | O_CLOEXEC));
    if (::write(enable.get(), "1", 1) < 0) say_on_console("the channel's device stays off");
    return folder + "/resource2";
  }
  const std::string uml = std::string("/dev/") + kUmlChannel;
  if (::access(uml.c_str(), F_OK) == 0) return uml;
  return std::nullopt;
}

std::vector<std::string> load_modules(const std::vector<std::string>& paths) {
  std::vector<std::string> failed;
  for (const std::string& path : paths) {
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (::syscall(SYS_finit_module, file.get(), "", 0) != 0 && errno != EEXIST) {
      failed.push_back(path + ": " + std::strerror(errno));
    }
  }
  return failed;
}

/// Runs one command to its end, collecting every orphan on the way.
Json run_command(std::size_t number, std::vector<std::string> argv, const std::string& channel) {
  argv.insert(argv.end(), {"--channel", channel});
  const UniqueFd output = make_output_file("output");
  const auto pid = spawn({.argv = argv, .stdout_fd = output.get(), .stderr_fd = output.get()});
  int code = 127;
  while (pid) {
    int status = 0;
    const pid_t ended = ::waitpid(-1, &status, 0);
    if (ended < 0 && errno != EINTR) break;
    if (ended != *pid) continue;
    code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    break;
  }
  return {{"type", kEndLine},
          {"command", number},
          {"code", code},
          {"output", pid ? output_tail(output.get()) : pid.error().what()}};
}

/// The boot is quiet because a serial line is slow; what the kernel says from now on (lockdep, a
/// hung task's stack: levels 4 and 6) is evidence.
void tell_all() {
  const UniqueFd level(::open("/proc/sys/kernel/printk", O_WRONLY | O_CLOEXEC));
  if (::write(level.get(), "7", 1) < 0) say_on_console("the console keeps its level");
}

/// For the tests of the host: a child that panics the kernel after a while.
void arm_panic() {
  const std::string cmdline = first_line("/proc/cmdline");
  const std::size_t at = cmdline.find(kPanicOption);
  if (at == cmdline.npos) return;
  const long ms = std::atol(cmdline.c_str() + at + std::strlen(kPanicOption));
  if (::fork() != 0) return;
  ::usleep(static_cast<useconds_t>(ms * 1000));
  const UniqueFd trigger(::open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC));
  ::_exit(::write(trigger.get(), "c", 1) < 0 ? 1 : 0);
}

void work() {
  const auto path = channel_path();
  if (!path) return say_on_console("no channel device");
  auto channel = ChannelWriter::open(*path);
  if (!channel) return say_on_console(channel.error().what());
  const auto plan = parse_json(read_file(kPlanPath).value_or(""));
  if (!plan) return say_on_console(plan.error().what());
  if (plan->value("fixed_root", false)) fix_root();
  set_environment(*plan);
  const auto failed = load_modules((*plan)["modules"].get<std::vector<std::string>>());
  const auto say = [&](const Json& line) {
    if (const auto said = channel->append(dump_line(line)); !said) {
      say_on_console(said.error().what());
    }
  };
  utsname names{};
  ::uname(&names);
  say({{"type", kHelloLine},
       {"uptime_ns", now_ns()},
       {"release", names.release},
       {"build_id", gnu_build_id(read_file("/sys/kernel/notes").value_or(""))},
       {"failed", failed}});
  tell_all();
  arm_panic();
  std::size_t number = 0;
  for (const Json& command : (*plan)["commands"]) {
    say({{"type", kBeginLine}, {"command", number}});
    say(run_command(number, command.get<std::vector<std::string>>(), *path));
    ++number;
  }
  say({{"type", kByeLine}});
}

}  // namespace

}  // namespace hangrate

int main() {
  hangrate::mount_all();
  const rlimit files{65536, 65536};
  ::setrlimit(RLIMIT_NOFILE, &files);
  hangrate::work();
  ::sync();
  ::reboot(RB_POWER_OFF);
  ::reboot(RB_AUTOBOOT);
  while (true) ::pause();
}
