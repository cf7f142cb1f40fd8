// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/guest/module_order.h"

#include <gtest/gtest.h>

namespace hangrate {
namespace {

constexpr const char* kDep =
    "kernel/fs/fuse/fuse.ko:\n"
    "kernel/fs/fuse/virtiofs.ko.xz: kernel/fs/fuse/fuse.ko.xz kernel/drivers/virtio/virtio.ko.xz\n"
    "kernel/fs/9p/9p.ko.zst: kernel/net/9p/9pnet.ko.zst kernel/fs/netfs/netfs.ko.zst\n"
    "kernel/net/9p/9pnet_fd.ko.zst: kernel/net/9p/9pnet.ko.zst\n"
    "kernel/net/9p/9pnet.ko.zst:\n";

TEST(ModuleOrder, DependenciesComeFirstAndEachOnce) {
  EXPECT_EQ(module_order(kDep, {"9p", "9pnet_fd", "fuse"}),
            (std::vector<std::string>{"kernel/fs/netfs/netfs.ko.zst", "kernel/net/9p/9pnet.ko.zst",
                                      "kernel/fs/9p/9p.ko.zst", "kernel/net/9p/9pnet_fd.ko.zst",
                                      "kernel/fs/fuse/fuse.ko"}));
}

TEST(ModuleOrder, WhatIsNotThereIsBuiltInOrMissingAndLeftOut) {
  EXPECT_TRUE(module_order(kDep, {"ext4"}).empty());
  EXPECT_TRUE(module_order("", {"fuse"}).empty());
}

TEST(ModuleOrder, NamesAreThoseOfTheKernel) {
  EXPECT_EQ(module_name("kernel/net/9p/9pnet-fd.ko.zst"), "9pnet_fd");
  EXPECT_EQ(module_name("fuse"), "fuse");
}

}  // namespace
}  // namespace hangrate
