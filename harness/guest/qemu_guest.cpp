// SPDX-License-Identifier: GPL-2.0-or-later
#include <csignal>
#include <filesystem>
#include <set>

#include <sys/wait.h>

#include "harness/base/file.h"
#include "harness/guest/guest_plan.h"
#include "harness/guest/initramfs.h"
#include "harness/guest/machine.h"
#include "harness/guest/module_order.h"
#include "harness/model/json.h"
#include "harness/sys/child.h"
#include "harness/sys/program.h"

namespace hangrate {

namespace {

/// What the reproducers need and distributions build as modules.
const std::vector<std::string> kModules = {"fuse", "9p", "9pnet_fd"};

std::string in_guest(const std::string& program) {
  return std::string(kProgramFolder) + "/" + std::filesystem::path(program).filename().string();
}

std::string descriptor_path(int fd) {
  return "/proc/self/fd/" + std::to_string(fd);
}

Result<std::vector<std::string>> add_modules(Initramfs& initramfs, const std::string& folder) {
  std::vector<std::string> paths;
  if (folder.empty()) return paths;
  const auto dep = read_file(folder + "/modules.dep");
  if (!dep) return fail(Error::from_errno("read(" + folder + "/modules.dep)"));
  for (const std::string& module : module_order(*dep, kModules)) {
    paths.push_back(std::string(kModuleFolder) + "/" + module_name(module) + ".ko");
    HR_TRY(initramfs.add_module(paths.back(), folder + "/" + module));
  }
  return paths;
}

Result<UniqueFd> make_initramfs(const GuestSetup& setup) {
  auto initramfs = Initramfs::make();
  if (!initramfs) return fail(initramfs.error());
  HR_TRY(initramfs->add_file("/init", setup.init));
  for (const char* folder : {"/dev", "/proc", "/sys", "/tmp", "/run"}) {
    HR_TRY(initramfs->add_folder(folder));
  }
  HR_TRY(initramfs->add_text("/etc/passwd", "root:x:0:0:root:/:/bin/sh\n"));
  auto modules = add_modules(*initramfs, setup.modules);
  if (!modules) return fail(modules.error());
  std::set<std::string> programs;
  Json commands = Json::array();
  for (MachineCommand command : setup.commands) {
    if (programs.insert(command[0]).second) {
      HR_TRY(initramfs->add_file(in_guest(command[0]), command[0]));
    }
    command[0] = in_guest(command[0]);
    commands.push_back(command);
  }
  HR_TRY(
      initramfs->add_text(kPlanPath, dump_line({{"modules", *modules}, {"commands", commands}})));
  return initramfs->finish();
}

class QemuGuest final : public Machine {
 public:
  QemuGuest(ChannelReader channel, pid_t pid, UniqueFd output)
      : channel_(std::move(channel)), pid_(pid), output_(std::move(output)) {}

  ~QemuGuest() override {
    if (end_) return;
    stop();
    // SIGKILL ends QEMU at once: it sleeps in no driver of ours. Giving back its memory takes a
    // while, and who called us should not find it after our end; its parent death signal is the
    // last resort.
    const Nanos deadline = now_ns() + 2 * kSecond;
    while (running() && now_ns() < deadline) {
      const timespec nap = to_timespec(5 * kMilli);
      ::nanosleep(&nap, nullptr);
    }
  }

  std::vector<std::string> take_lines() override { return channel_.take_lines(); }
  std::uint64_t beat() const override { return channel_.beat(); }
  bool corrupt() const override { return channel_.corrupt(); }

  bool running() override {
    int status = 0;
    if (!end_ && ::waitpid(pid_, &status, WNOHANG) == pid_) {
      end_ = ChildEnd{pid_, WIFEXITED(status), WIFEXITED(status) ? WEXITSTATUS(status) : 0,
                      WIFSIGNALED(status) ? WTERMSIG(status) : 0};
    }
    return !end_;
  }

  std::string end_text() const override {
    std::string text = end_ ? "QEMU: " + end_->text() : "QEMU runs";
    if (const std::string said = output_tail(output_.get()); !said.empty()) text += "; " + said;
    return text;
  }

  void stop() override { signal_process(pid_, SIGKILL); }

 private:
  ChannelReader channel_;
  pid_t pid_;
  UniqueFd output_;
  std::optional<ChildEnd> end_;
};

}  // namespace

std::string qemu_program() {
  return find_program("qemu-system-x86_64");
}

Result<std::unique_ptr<Machine>> start_guest(const GuestSetup& setup) {
  const std::string qemu = qemu_program();
  if (qemu.empty()) {
    return fail(Error::infrastructure(
        "no qemu-system-x86_64 to run a guest with: apt-get install qemu-system-x86"));
  }
  auto initramfs = make_initramfs(setup);
  if (!initramfs) return fail(initramfs.error());
  auto channel = ChannelReader::make();
  if (!channel) return fail(channel.error());
  UniqueFd output = make_output_file("hangrate-qemu");
  const std::string memory =
      "memory-backend-file,id=channel,share=on,mem-path=" + descriptor_path(channel->fd()) +
      ",size=" + std::to_string(ChannelMemory::kBytes);
  const auto pid = spawn({.argv = {qemu,
                                   "-accel",
                                   setup.accel == "tcg" ? "tcg,thread=multi" : setup.accel,
                                   "-cpu",
                                   setup.accel == "kvm" ? "host" : "max",
                                   "-smp",
                                   std::to_string(setup.cpus),
                                   "-m",
                                   std::to_string(setup.memory_mib),
                                   "-display",
                                   "none",
                                   "-monitor",
                                   "none",
                                   "-nodefaults",
                                   "-net",
                                   "none",
                                   "-no-reboot",
                                   "-serial",
                                   "file:" + setup.console,
                                   "-object",
                                   memory,
                                   "-device",
                                   "ivshmem-plain,memdev=channel",
                                   "-kernel",
                                   setup.image,
                                   "-initrd",
                                   descriptor_path(initramfs->get()),
                                   "-append",
                                   "console=ttyS0 quiet panic=-1 edd=off " + setup.cmdline},
                          .inherited = {channel->fd(), initramfs->get()},
                          .stdout_fd = output.get(),
                          .stderr_fd = output.get()});
  if (!pid) return fail(pid.error());
  return std::make_unique<QemuGuest>(std::move(*channel), *pid, std::move(output));
}

}  // namespace hangrate
