// SPDX-License-Identifier: GPL-2.0-or-later
//
// User-mode Linux: a kernel that is a program. It needs no virtualization and boots in a second,
// but has one CPU, no preemption and no guest memory of its own: a second backend, not a
// substitute.
#include "harness/base/file.h"
#include "harness/guest/guest_confinement.h"
#include "harness/guest/guest_plan.h"
#include "harness/guest/guest_process.h"

namespace hangrate {

namespace {

/// Kernels before about 6.13 expect the registers of a task in a buffer that is too small for AMX
/// state, and die in their first start of a process.
bool has_amx() {
  return read_file("/proc/cpuinfo").value_or("").find(" amx_tile") != std::string::npos;
}

}  // namespace

Result<std::unique_ptr<Machine>> start_uml_guest(const GuestSetup& setup) {
  auto initramfs = make_guest_initramfs(setup);
  if (!initramfs) return fail(initramfs.error());
  auto channel = ChannelReader::make();
  if (!channel) return fail(channel.error());
  std::vector<std::string> argv = {
      setup.image,
      "mem=" + std::to_string(setup.memory_mib) + "M",
      "initrd=" + descriptor_path(initramfs->get()),
      std::string("iomem=") + kUmlChannel + "," + descriptor_path(channel->fd()),
      "uml_dir=" + setup.folder,  // its management socket, which would go into the user's home
      "con=null",
      "con0=null,fd:1",
      "stderr=1",
      "panic=-1"};
  for (const std::string& word : split(setup.cmdline, ' ')) {
    if (!word.empty()) argv.push_back(word);
  }
  // What runs in the guest are processes of this machine that it traces: in a pid namespace of
  // their own they end with it, however it ends, and cannot power off anything else.
  const auto pid = spawn({.argv = argv,
                          .inherits = Inherits::Nothing,
                          .confinement = uml_confinement(setup),
                          .inherited = {channel->fd(), initramfs->get()},
                          .stdout_fd = setup.console,
                          .stderr_fd = setup.console,
                          .own_pids = true});
  if (!pid) return fail(pid.error());
  const std::string name =
      std::string("user-mode Linux") +
      (has_amx() ? " (older than about 6.13 it cannot run on a CPU with AMX state, as this one)"
                 : "");
  return std::make_unique<GuestProcess>(name, std::move(*channel), *pid, UniqueFd());
}

}  // namespace hangrate
