// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/guest/guest_process.h"
#include "harness/sys/program.h"

namespace hangrate {

std::string qemu_program() {
  return find_program("qemu-system-x86_64");
}

Result<std::unique_ptr<Machine>> start_qemu_guest(const GuestSetup& setup) {
  const std::string qemu = qemu_program();
  if (qemu.empty()) {
    return fail(Error::infrastructure(
        "no qemu-system-x86_64 to run a guest with: apt-get install qemu-system-x86"));
  }
  auto initramfs = make_guest_initramfs(setup);
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
  return std::make_unique<GuestProcess>("QEMU", std::move(*channel), *pid, std::move(output));
}

}  // namespace hangrate
