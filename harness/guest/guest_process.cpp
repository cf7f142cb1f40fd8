// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/guest/guest_process.h"

#include <csignal>
#include <filesystem>
#include <set>

#include <sys/wait.h>

#include "harness/base/input.h"
#include "harness/guest/guest_plan.h"
#include "harness/guest/initramfs.h"
#include "harness/guest/module_order.h"
#include "harness/model/json.h"

namespace hangrate {

namespace {

/// What the reproducers need and distributions build as modules. virtio_pci: the bus of QEMU's 9p.
const std::vector<std::string> kModules = {"fuse",     "overlay",    "9p",
                                           "9pnet_fd", "virtio_pci", "9pnet_virtio"};

Result<std::vector<std::string>> add_modules(Initramfs& initramfs, const std::string& folder) {
  std::vector<std::string> paths;
  if (folder.empty()) return paths;
  const auto dep = read_input(folder + "/modules.dep");
  if (!dep) return fail(dep.error().as(ErrorKind::Infrastructure));
  for (const std::string& module : module_order(*dep, kModules)) {
    paths.push_back(std::string(kModuleFolder) + "/" + module_name(module) + ".ko");
    HR_TRY(initramfs.add_module(paths.back(), folder + "/" + module));
  }
  return paths;
}

}  // namespace

Result<UniqueFd> make_guest_initramfs(const GuestSetup& setup) {
  auto initramfs = Initramfs::make();
  if (!initramfs) return fail(initramfs.error());
  HR_TRY(initramfs->add_file("/init", setup.init));
  for (const char* folder : {"/dev", "/proc", "/sys", "/tmp", "/run"}) {
    HR_TRY(initramfs->add_folder(folder));
  }
  HR_TRY(initramfs->add_text("/etc/passwd", "root:x:0:0:root:/:/bin/sh\n"));
  auto modules = add_modules(*initramfs, setup.modules);
  if (!modules) return fail(modules.error());
  for (const GuestFile& file : setup.files) {
    HR_TRY(file.host_path.empty() ? initramfs->add_text(file.path, file.text)
                                  : initramfs->add_file(file.path, file.host_path));
  }
  HR_TRY(initramfs->add_text(kPlanPath, dump_line({{"modules", *modules},
                                                   {"commands", setup.commands},
                                                   {"folder", setup.payload.folder},
                                                   {"path", setup.payload.path},
                                                   {"fixed_root", setup.payload.whole_root},
                                                   {"lone_cpu", setup.accel == "tcg"}})));
  return initramfs->finish(setup.payload.archive);
}

std::string descriptor_path(int fd) {
  return "/proc/self/fd/" + std::to_string(fd);
}

GuestProcess::~GuestProcess() {
  if (end_) return;
  stop();
  // SIGKILL ends it at once: it sleeps in no driver of ours. Giving back its memory takes a while,
  // and who called us should not find it after our end; its parent death signal is the last resort.
  const Nanos deadline = now_ns() + 2 * kSecond;
  while (running() && now_ns() < deadline) {
    const timespec nap = to_timespec(5 * kMilli);
    ::nanosleep(&nap, nullptr);
  }
}

bool GuestProcess::running() {
  int status = 0;
  if (!end_ && ::waitpid(pid_, &status, WNOHANG) == pid_) {
    end_ = ChildEnd{pid_, WIFEXITED(status), WIFEXITED(status) ? WEXITSTATUS(status) : 0,
                    WIFSIGNALED(status) ? WTERMSIG(status) : 0};
  }
  return !end_;
}

std::string GuestProcess::end_text() const {
  std::string text = name_ + (end_ ? ": " + end_->text() : " runs");
  if (const std::string said = output_tail(output_.get()); !said.empty()) text += "; " + said;
  return text;
}

void GuestProcess::stop() {
  signal_child(pid_, SIGKILL);
}

Result<std::unique_ptr<Machine>> start_guest(const GuestSetup& setup) {
  return setup.accel == kUserMode ? start_uml_guest(setup) : start_qemu_guest(setup);
}

}  // namespace hangrate
