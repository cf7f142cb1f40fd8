// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/matrix/qemu_words.h"

#include <gtest/gtest.h>

namespace hangrate {
namespace {

using Words = std::vector<std::string>;

const Words kShare = {"-fsdev", "local,id=share,path=/usr/bin,security_model=none,readonly=on",
                      "-device", "virtio-9p-pci,fsdev=share,mount_tag=hangrate"};

std::string fault_of(const Words& words) {
  const auto sound = check_qemu_words(words);
  if (sound) return "";
  EXPECT_EQ(sound.error().kind(), ErrorKind::Usage);
  return sound.error().what();
}

TEST(QemuWords, AreDevicesAndSharesToRead) {
  EXPECT_EQ(fault_of({}), "");
  EXPECT_EQ(fault_of(kShare), "");
  EXPECT_EQ(fault_of({"-device", "virtio-rng-pci"}), "");
}

TEST(QemuWords, NoneIsTheHarnessesOwn) {
  for (const char* own : {"-kernel", "-append", "-initrd", "-serial", "-monitor", "-display",
                          "-sandbox", "-runas", "--device", "-nographic", "device", ""}) {
    EXPECT_NE(fault_of({own, "x"}).find("is neither -device nor -fsdev"), std::string::npos) << own;
  }
  EXPECT_NE(fault_of({"-device", "x", "-nographic", "-device"}), "");
}

TEST(QemuWords, EachOptionHasItsValue) {
  EXPECT_EQ(fault_of({"-device"}), "-device has no value");
  for (const char* value : {"", "-fsdev", "{\"driver\":\"x\"}", ",x", "x,y=a,,b"}) {
    EXPECT_NE(fault_of({"-device", value}).find("expected NAME,"), std::string::npos) << value;
  }
}

TEST(QemuWords, AShareThatAGuestMayChangeIsRefused) {
  for (const char* share :
       {"local,id=s,path=/", "local,id=s,path=/,readonly=off", "local,id=s,path=/,readonly",
        "local,id=s,path=/,readonly=on,readonly=off", "local,id=s,path=/,readonly=on,noreadonly",
        "local,id=s,path=/,noreadonly,readonly=on", "local,id=s,path=/x,,readonly=on",
        "local,id=s,path=/,xreadonly=on", "proxy,id=s,socket=/run/s,readonly=on"}) {
    EXPECT_NE(fault_of({"-fsdev", share}), "") << share;
  }
}

TEST(QemuWords, ADeviceWithAnotherWayToThisMachineIsRefused) {
  for (const char* device :
       {"usb-mtp,rootdir=/home,readonly=off", "vhost-vsock-pci,guest-cid=3",
        "vfio-pci,host=00:02.0", "usb-host", "virtio-input-host-pci,evdev=/dev/input/event0",
        "e1000", "virtio-9p"}) {
    EXPECT_NE(fault_of({"-device", device}).find("a guest may have virtio-9p-pci"),
              std::string::npos)
        << device;
  }
}

TEST(QemuWords, ADriverCannotBeNamedAnew) {
  for (const Words& words : {Words{"-device", "virtio-rng-pci,driver=usb-mtp"},
                             Words{"-fsdev", "local,fsdriver=proxy,socket=/run/s,readonly=on"}}) {
    EXPECT_NE(fault_of(words).find("its driver stands first, and once"), std::string::npos);
  }
}

TEST(QemuWords, ReportsNameTheDevices) {
  EXPECT_EQ(qemu_devices({}), Words{});
  EXPECT_EQ(qemu_devices(kShare), Words{"virtio-9p-pci"});
  EXPECT_EQ(qemu_devices({"-device", "a", "-device", "b,id=x"}), (Words{"a", "b"}));
}

}  // namespace
}  // namespace hangrate
