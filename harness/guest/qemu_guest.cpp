// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>

#include "harness/guest/guest_confinement.h"
#include "harness/guest/guest_process.h"
#include "harness/sys/program.h"
#include "harness/sys/sealed_memory.h"

namespace hangrate {

std::string qemu_program() {
  return find_program("qemu-system-x86_64");
}

namespace {

/// On a busy host the clocksource watchdog finds the TSC unstable and has the kernel patch its text
/// (sched_clock_stable) while all CPUs run, which QEMU 7.2 does not survive under TCG: an int3 in
/// sched_clock_cpu() was no breakpoint to anybody, 6.12.113 panicked.
std::string clock_option(const std::string& accel) {
  return accel == "tcg" ? "tsc=nowatchdog " : "";
}

}  // namespace

Result<std::unique_ptr<Machine>> start_qemu_guest(const GuestSetup& setup) {
  const std::string qemu = qemu_program();
  if (qemu.empty()) {
    return fail(Error::infrastructure(
        "no qemu-system-x86_64 to run a guest with: apt-get install qemu-system-x86"));
  }
  const Confinement confinement = qemu_confinement(setup);
  if (confinement.own_user && !open_to_all(qemu)) {
    return fail(Error::infrastructure(
        qemu + " is not open to all users, and guests run as one without rights: chmod o+rx it " +
        "and o+x the folders above, or put it elsewhere"));
  }
  auto initramfs = make_guest_initramfs(setup);
  if (!initramfs) return fail(initramfs.error());
  auto channel = ChannelReader::make();
  if (!channel) return fail(channel.error());
  // Copies, because its user may read neither the cache nor /boot, and nobody may change them now.
  const auto image = make_sealed_copy("hangrate-kernel", setup.image);
  if (!image) return fail(image.error());
  // Opened again, for appending only: QEMU takes a descriptor of the mode it wants, or none.
  const UniqueFd console(
      ::open(descriptor_path(setup.console).c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  if (!console) return fail(Error::from_errno("opening the console for QEMU"));
  UniqueFd output = make_output_file("hangrate-qemu");
  const std::string memory =
      "memory-backend-file,id=channel,share=on,mem-path=" + descriptor_path(channel->fd()) +
      ",size=" + std::to_string(ChannelMemory::kBytes);
  std::vector<std::string> argv = {
      qemu,
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
      "-sandbox",
      kQemuSandbox,
      "-add-fd",
      "set=1,fd=" + std::to_string(console.get()),
      "-chardev",
      "file,id=console,path=/dev/fdset/1,append=on",
      "-serial",
      "chardev:console",
      "-object",
      memory,
      "-device",
      "ivshmem-plain,memdev=channel",
      "-kernel",
      descriptor_path(image->get()),
      "-initrd",
      descriptor_path(initramfs->get()),
      "-append",
      "console=ttyS0 quiet panic=-1 edd=off " + clock_option(setup.accel) + setup.cmdline};
  argv.insert(argv.end(), setup.qemu.begin(), setup.qemu.end());
  const auto pid =
      spawn({.argv = std::move(argv),
             .inherits = Inherits::Nothing,
             .confinement = confinement,
             .folder = "/",  // not the caller's, which it may not even read
             .inherited = {channel->fd(), initramfs->get(), image->get(), console.get()},
             .stdout_fd = output.get(),
             .stderr_fd = output.get()});
  if (!pid) return fail(pid.error());
  return std::make_unique<GuestProcess>("QEMU", std::move(*channel), *pid, std::move(output));
}

}  // namespace hangrate
