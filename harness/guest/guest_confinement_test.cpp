// SPDX-License-Identifier: GPL-2.0-or-later
//
// A QEMU with a guest in it, looked at from outside while it runs.
#include "harness/guest/guest_confinement.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "harness/base/file.h"
#include "harness/base/text.h"
#include "harness/guest/guest_process.h"
#include "harness/guest/machine.h"
#include "harness/testing/bz_image.h"
#include "harness/testing/command.h"
#include "harness/testing/worker_process.h"

namespace hangrate {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> descriptors_of(const std::string& process) {
  std::vector<std::string> targets;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(process + "/fd", error)) {
    targets.push_back(fs::read_symlink(entry.path(), error).string());
  }
  return targets;
}

/// The folder in /proc of the QEMU that has `file` open, "" if there is none.
std::string qemu_with(const std::string& file) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != name.npos) continue;
    const std::string line = read_file(entry.path().string() + "/cmdline").value_or("");
    if (line.find("qemu") != line.npos && contains(descriptors_of(entry.path()), file)) {
      return entry.path().string();
    }
  }
  return "";
}

class QemuConfinement : public ::testing::Test {
 protected:
  void SetUp() override {
    if (qemu_program().empty()) GTEST_SKIP() << "no qemu: apt-get install qemu-system-x86";
    std::string loops = testing::bz_image("6.1.0");
    loops.replace(0x200, 2, "\xeb\xfe");  // jmp to itself
    loops.replace(0x206, 2, "\x0c\x02");  // boot protocol 2.12: takes an initramfs
    loops[0x211] = 1;                     // loaded high
    loops.replace(0x22c, 4, "\xff\xff\xff\x7f");
    loops.resize(1u << 16);
    ASSERT_TRUE(write_file_atomically(folder_ / "kernel", loops));
    fs::permissions(folder_ / "kernel", fs::perms::owner_read);  // as Ubuntu's in /boot
  }

  /// A guest that does nothing for ever, once QEMU has filtered its system calls.
  std::unique_ptr<Machine> start(const std::string& name) {
    auto machine = begin(name, {});
    if (!machine) return nullptr;
    EXPECT_TRUE(testing::comes_true([&] {
      process_ = qemu_with(folder_ / name);
      return !process_.empty() && status().find("Seccomp:\t2") != std::string::npos;
    })) << machine->end_text();
    return machine;
  }

  std::unique_ptr<Machine> begin(const std::string& name, const std::vector<std::string>& qemu) {
    const UniqueFd console(
        ::open((folder_ / name).c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    auto machine = start_guest({.image = folder_ / "kernel",
                                .modules = "",
                                .init = "/bin/true",
                                .commands = {},
                                .cmdline = "",
                                .qemu = qemu,
                                .cpus = 1,
                                .memory_mib = 128,
                                .console = console.get(),
                                .folder = folder_.path()});
    EXPECT_TRUE(machine) << machine.error().what();
    return machine ? std::move(*machine) : nullptr;
  }

  /// What its descriptors are of, but for what a guest is handed and QEMU makes itself.
  std::vector<std::string> foreign_to(const std::string& console) const {
    std::vector<std::string> foreign = descriptors_of(process_);
    std::erase_if(foreign, [&](const std::string& target) {
      constexpr const char* kOwn[] = {"/dev/null", "/memfd:hangrate-",
                                      "anon_inode:", "socket:", "pipe:"};
      return target == console || std::any_of(std::begin(kOwn), std::end(kOwn),
                                              [&](auto* own) { return target.starts_with(own); });
    });
    return foreign;
  }

  std::string status() const { return read_file(process_ + "/status").value_or(""); }

  testing::TempFolder folder_;
  std::string process_;
};

TEST_F(QemuConfinement, ItHasNoEnvironmentNoForeignDescriptorAndNoRight) {
  ::setenv("CI_JOB_TOKEN", "secret", 1);
  const UniqueFd foreign(::open("/etc/passwd", O_RDONLY));  // without close-on-exec
  const auto machine = start("console");
  ::unsetenv("CI_JOB_TOKEN");
  ASSERT_NE(machine, nullptr);
  EXPECT_TRUE(machine->running()) << machine->end_text();
  EXPECT_EQ(read_file(process_ + "/environ"), "");
  // Once its firmware is loaded; what it had inherited would be there for ever.
  EXPECT_TRUE(testing::comes_true([&] { return foreign_to(folder_ / "console").empty(); }))
      << ::testing::PrintToString(foreign_to(folder_ / "console"));
  EXPECT_GE(descriptors_of(process_).size(), 6u);
  EXPECT_TRUE(machine->running()) << machine->end_text();
  EXPECT_THAT(status(), AllOf(HasSubstr("NoNewPrivs:\t1"), HasSubstr("CapEff:\t0000000000000000")));
  EXPECT_EQ(fs::read_symlink(process_ + "/cwd"), "/");
}

TEST_F(QemuConfinement, TwoOfRootAreTwoUsers) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can change its user";
  const auto user = [&] { return status().substr(status().find("Uid:"), 20); };
  const auto one = start("one");
  const std::string first = user();
  const auto two = start("two");
  EXPECT_THAT(first, Not(HasSubstr("\t0\t")));
  EXPECT_NE(first, user());
}

TEST_F(QemuConfinement, AShareThatItsUserMayNotReadEndsItWithTheReason) {
  if (::geteuid() != 0 || !can_have_own_user()) GTEST_SKIP() << "QEMU is who starts it here";
  fs::permissions(folder_.path(), fs::perms::owner_all);
  const auto machine = begin("console", {"-fsdev",
                                         "local,id=share,security_model=none,readonly=on,path=" +
                                             std::string(folder_.path()),
                                         "-device", "virtio-9p-pci,fsdev=share,mount_tag=x"});
  ASSERT_NE(machine, nullptr);
  EXPECT_TRUE(testing::comes_true([&] { return !machine->running(); }));
  EXPECT_THAT(machine->end_text(), HasSubstr("Permission denied"));
}

TEST_F(QemuConfinement, ADeviceThatItDoesNotHaveEndsItWithTheReason) {
  const auto machine = begin("console", {"-device", "no-such-device"});
  ASSERT_NE(machine, nullptr);
  EXPECT_TRUE(testing::comes_true([&] { return !machine->running(); }));
  EXPECT_THAT(machine->end_text(), HasSubstr("no-such-device"));
}

TEST_F(QemuConfinement, DoctorSaysWhatItSees) {
  const Capability here = probe_confinement("tcg");
  EXPECT_THAT(here.detail, HasSubstr("in its sandbox")) << here.detail;
  EXPECT_THAT(here.detail, HasSubstr("no environment")) << here.detail;
}

}  // namespace
}  // namespace hangrate
