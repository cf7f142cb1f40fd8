// SPDX-License-Identifier: GPL-2.0-or-later
#include <atomic>
#include <filesystem>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "harness/base/file.h"
#include "harness/kernel/archive.h"
#include "harness/kernel/guest_kernel.h"
#include "harness/kernel/kernel_cache.h"
#include "harness/kernel/kernel_tree.h"
#include "harness/sys/program.h"
#include "harness/testing/command.h"
#include "harness/testing/packages.h"

namespace hangrate {
namespace {

namespace fs = std::filesystem;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using namespace hangrate::testing;

class Provide : public ::testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& bytes) {
    write_file(folder_ / name, bytes);
    return folder_ / name;
  }
  Result<GuestKernel> provide(const std::string& spec) {
    return provide_kernel(
        spec, {.cache = folder_ / "cache", .mirror = "", .offline = true, .progress = {}});
  }
  /// What lies in <cache>/kernels, hidden or not.
  std::size_t kernels_in_cache() {
    std::error_code error;
    std::size_t count = 0;
    for (fs::directory_iterator at(folder_ / "cache/kernels", error), end; at != end; ++at) ++count;
    return count;
  }
  testing::TempFolder folder_;
};

TEST_F(Provide, TheNativeKernelIsNoGuest) {
  const auto kernel = provide("native");
  ASSERT_TRUE(kernel);
  EXPECT_TRUE(kernel->native);
  EXPECT_FALSE(kernel->release.empty());
  EXPECT_EQ(kernel->image, "");
  EXPECT_FALSE(fs::exists(folder_ / "cache"));
}

TEST_F(Provide, AnImageTellsItsRelease) {
  const auto kernel = provide("image:" + file("vmlinuz", bz_image("6.1.192")));
  ASSERT_TRUE(kernel) << kernel.error().what();
  EXPECT_EQ(kernel->release, "6.1.192");
  EXPECT_EQ(kernel->label, "6.1.192 (vmlinuz)");
  EXPECT_EQ(kernel->modules, "");
  EXPECT_TRUE(provide("image:" + file("vmlinux", elf_kernel())));
}

TEST_F(Provide, WhatIsNoImageIsTheUsersMistake) {
  for (const std::string& spec :
       {"image:" + file("text", std::string(5000, 'x')), "image:" + file("empty", ""),
        "image:" + (folder_ / "none"), "image:" + folder_.path(), "dir:" + folder_.path(),
        "dir:" + (folder_ / "none"), "deb:" + (folder_ / "none")}) {
    const auto kernel = provide(spec);
    ASSERT_FALSE(kernel) << spec;
    EXPECT_EQ(kernel.error().kind(), ErrorKind::Usage) << kernel.error().what();
  }
}

TEST_F(Provide, AFolderWithoutModulesDepIsNotWrittenTo) {
  if (find_program("depmod").empty()) GTEST_SKIP() << "no depmod here";
  const std::string modules = folder_ / "t/usr/lib/modules/7.2.13";
  write_file(modules + "/vmlinuz", bz_image("7.2.13"));
  write_file(modules + "/modules.order", "");
  write_file(modules + "/modules.builtin", "kernel/fs/fuse/fuse.ko\n");
  fs::create_directories(modules + "/kernel/fs");
  const auto kernel = provide("dir:" + (folder_ / "t"));
  ASSERT_TRUE(kernel) << kernel.error().what();
  EXPECT_THAT(kernel->modules, HasSubstr(folder_ / "cache/kernels/dir-7.2.13-"));
  EXPECT_TRUE(fs::exists(kernel->modules + "/modules.dep"));
  EXPECT_EQ(read_file(kernel->modules + "/modules.builtin"), "kernel/fs/fuse/fuse.ko\n");
  EXPECT_FALSE(fs::exists(modules + "/modules.dep"));
}

TEST_F(Provide, ADebOfTheOldLayoutWhateverItsCompression) {
  int number = 0;
  for (const auto& [filter, suffix] : std::vector<std::pair<std::string, std::string>>{
           {"", ""}, {"gzip", ".gz"}, {"xz", ".xz"}, {"zstd", ".zst"}}) {
    const std::string release = "6.1." + std::to_string(number++);
    const std::string path = file(release + ".deb", deb(old_layout(release), filter, suffix));
    const auto kernel = provide("deb:" + path);
    ASSERT_TRUE(kernel) << filter << ": " << kernel.error().what();
    EXPECT_EQ(kernel->release, release);
    EXPECT_EQ(kernel->label, release + " (" + release + ".deb)");
    EXPECT_EQ(read_file(kernel->image), bz_image(release));
    EXPECT_EQ(read_file(kernel->config), "CONFIG_FUSE_FS=m\n");
    EXPECT_THAT(kernel->modules, EndsWith("/lib/modules/" + release));
    EXPECT_EQ(read_file(kernel->modules + "/kernel/fs/fuse/fuse.ko"), "module");
  }
}

TEST_F(Provide, DebsOfTheNewLayoutAreOneKernel) {
  const std::string release = "7.2.13+deb14-cloud-amd64";
  const std::string at = "./usr/lib/modules/" + release;
  const std::string image = file("binary.deb", deb({{at + "/vmlinuz", bz_image(release)}}));
  const std::string modules = file(
      "modules.deb", deb({{at + "/kernel/fs/fuse.ko.xz", "module"}, {at + "/modules.dep", ""}}));
  const std::string base =
      file("base.deb", deb({{at + "/config", "CONFIG_X=y\n"}, {at + "/modules.builtin", ""}}));
  const auto kernel = provide("deb:" + image + "," + modules + "," + base);
  ASSERT_TRUE(kernel) << kernel.error().what();
  EXPECT_EQ(kernel->release, release);
  EXPECT_THAT(kernel->image, EndsWith("/lib/modules/" + release + "/vmlinuz"));
  EXPECT_EQ(read_file(kernel->config), "CONFIG_X=y\n");
  EXPECT_EQ(read_file(kernel->modules + "/kernel/fs/fuse.ko.xz"), "module");
}

TEST_F(Provide, AnRpm) {
  const std::string at = "./lib/modules/6.11.4-301.fc41.x86_64";
  const auto kernel = provide(
      "rpm:" + file("kernel.rpm", rpm({{at + "/vmlinuz", bz_image("6.11.4-301.fc41.x86_64")},
                                       {at + "/config", "CONFIG_X=y\n"},
                                       {at + "/modules.dep", ""}})));
  ASSERT_TRUE(kernel) << kernel.error().what();
  EXPECT_EQ(kernel->release, "6.11.4-301.fc41.x86_64");
  EXPECT_EQ(read_file(kernel->config), "CONFIG_X=y\n");
  EXPECT_THAT(kernel->modules, EndsWith("/lib/modules/6.11.4-301.fc41.x86_64"));
}

TEST_F(Provide, TheSecondTimeItIsTakenFromTheCache) {
  const std::string spec = "deb:" + file("a.deb", deb(old_layout("6.1.0")));
  const auto first = provide(spec);
  ASSERT_TRUE(first) << first.error().what();
  write_file(first->modules + "/mark", "x");
  const auto second = provide(spec);
  ASSERT_TRUE(second);
  EXPECT_EQ(first->image, second->image);
  EXPECT_TRUE(fs::exists(second->modules + "/mark"));
  EXPECT_EQ(cached_kernels(folder_ / "cache").size(), 1u);
}

TEST_F(Provide, APackageCutShortLeavesNothing) {
  Files files = old_layout("6.1.0");
  std::string noise;
  for (unsigned i = 1, x = 1; i < 200'000; ++i)
    noise += static_cast<char>((x = x * 1664525 + 1013904223) >> 24);
  files["./lib/modules/6.1.0/kernel/big.ko"] = noise;
  const std::string whole = deb(files);
  for (const std::size_t size :
       {whole.size() / 2, whole.size() - 40'000, std::size_t{100}, std::size_t{3}}) {
    const auto kernel = provide("deb:" + file("cut.deb", whole.substr(0, size)));
    ASSERT_FALSE(kernel) << size;
    EXPECT_EQ(kernel.error().kind(), ErrorKind::Usage) << kernel.error().what();
    EXPECT_EQ(kernels_in_cache(), 0u) << size;
  }
  EXPECT_FALSE(provide("deb:" + file("nokernel.deb", deb({{"./usr/bin/x", "x"}}))));
  EXPECT_EQ(kernels_in_cache(), 0u);
}

TEST_F(Provide, AnArchiveCannotWriteOutside) {
  const Unpacking everything{.where = [](const std::string& path) { return path; }, .links = true};
  fs::create_directories(folder_ / "to");
  fs::create_directories(folder_ / "outside");
  const auto up = unpack(file("up.tar", packed({{"../outside/a", "x"}}, Format::Tar, "")),
                         folder_ / "to", everything);
  ASSERT_FALSE(up);
  EXPECT_EQ(up.error().kind(), ErrorKind::Usage) << up.error().what();
  const auto link = unpack(
      file("link.tar", packed({{"l/a", "x"}}, Format::Tar, "", {{"l", folder_ / "outside"}})),
      folder_ / "to", everything);
  // A link in the way is replaced by a folder, not followed.
  ASSERT_TRUE(link) << link.error().what();
  EXPECT_FALSE(fs::is_symlink(folder_ / "to/l"));
  EXPECT_TRUE(unpack(file("abs.tar", packed({{"/tmp-like/a", "x"}}, Format::Tar, "")),
                     folder_ / "to", everything));
  EXPECT_TRUE(fs::exists(folder_ / "to/tmp-like/a"));
  EXPECT_TRUE(fs::is_empty(folder_ / "outside"));
}

/// Few bytes that become many: zeros, however the archive is built.
class Bombs : public Provide {
 protected:
  void SetUp() override { fs::create_directories(folder_ / "to"); }
  void expect_refused(const std::string& path, const Unpacking& how, const std::string& why) {
    const auto done = unpack(path, folder_ / "to", how);
    ASSERT_FALSE(done) << why;
    EXPECT_EQ(done.error().kind(), ErrorKind::Usage);
    EXPECT_THAT(done.error().what(), HasSubstr(why));
  }
  static Unpacking everything(const UnpackLimits& limits) {
    return {.where = [](const std::string& path) { return path; }, .links = true, .limits = limits};
  }
  static Unpacking nothing(const UnpackLimits& limits) {
    return {.where = [](const std::string&) { return std::string(); }, .limits = limits};
  }
  const std::string zeros_ = std::string(1u << 20, '\0');
};

TEST_F(Bombs, MoreThanItsSizeAllowsIsRefusedThoughNothingOfItIsKept) {
  const UnpackLimits tight{.allowance = 3u << 20, .expansion = 30};
  const std::string tar =
      file("a.tar.xz",
           packed({{"a", zeros_}, {"b", zeros_}, {"c", zeros_}, {"d", zeros_}}, Format::Tar, "xz"));
  const std::string package =
      file("a.deb", deb({{"a", zeros_}, {"b", zeros_}, {"c", zeros_}, {"d", zeros_}}));
  for (const std::string& path : {tar, package}) {
    expect_refused(path, everything(tight), "bytes when unpacked");
    expect_refused(path, nothing(tight), "bytes when unpacked");
    EXPECT_TRUE(unpack(path, folder_ / "to", everything({.allowance = 4u << 20}))) << path;
  }
}

TEST_F(Bombs, OneMemberMayNotBeHugeNorMembersBeyondCounting) {
  const std::string path =
      file("a.tar.gz", packed({{"a", zeros_}, {"b", "x"}, {"c", "x"}}, Format::Tar, "gzip"));
  expect_refused(path, everything({.member_bytes = (1u << 20) - 1}), "bytes in one member");
  expect_refused(path, everything({.members = 2}), "more than 2 members");
  EXPECT_TRUE(unpack(path, folder_ / "to", everything({.member_bytes = 1u << 20, .members = 3})));
  EXPECT_EQ(read_file(folder_ / "to/a"), zeros_);
}

TEST_F(Bombs, LayersOfCompressionAreRefused) {
  const std::string tar = packed({{"a", "x"}}, Format::Tar, "xz");
  EXPECT_TRUE(unpack(file("once.tar", tar), folder_ / "to", everything({})));
  expect_refused(file("twice.tar", compressed(tar, "gzip")), everything({}), "more than once");
  expect_refused(
      file("twice.deb", packed({{"data.tar.gz", compressed(tar, "gzip")}}, Format::Ar, "")),
      everything({}), "more than once");
  const std::string twice = deb({{"a", compressed("x", "xz")}}, "gzip", ".gz");
  EXPECT_TRUE(unpack(file("in.deb", twice), folder_ / "to", everything({}))) << "a member may be";
}

TEST_F(Bombs, APackageOfGigabytesOfNothingIsRefusedAndLeavesNothing) {
  const std::string big(80u << 20, '\0');
  const auto kernel = provide("deb:" + file("bomb.deb", deb({{"./boot/vmlinuz-6.1.0", big}})));
  ASSERT_FALSE(kernel);
  EXPECT_EQ(kernel.error().kind(), ErrorKind::Usage);
  EXPECT_THAT(kernel.error().what(), HasSubstr("bytes when unpacked"));
  EXPECT_EQ(kernels_in_cache(), 0u);
}

TEST_F(Bombs, WhatIsNoRegularFileIsNotWaitedFor) {
  ASSERT_EQ(::mkfifo((folder_ / "fifo").c_str(), 0600), 0);
  for (const std::string& path : {folder_ / "fifo", std::string("/dev/zero")}) {
    expect_refused(path, everything({}), "not a regular file");
    const auto kernel = provide("deb:" + path);
    ASSERT_FALSE(kernel);
    EXPECT_EQ(kernel.error().kind(), ErrorKind::Usage) << kernel.error().what();
  }
}

TEST_F(Provide, OnlyFilesOfAKernelAreKept) {
  EXPECT_EQ(kernel_file_place("boot/vmlinuz-6.1.0"), "boot/vmlinuz-6.1.0");
  EXPECT_EQ(kernel_file_place("usr/lib/modules/7.2/vmlinuz"), "lib/modules/7.2/vmlinuz");
  EXPECT_EQ(kernel_file_place("lib/modules/6.1/kernel/a.ko"), "lib/modules/6.1/kernel/a.ko");
  for (const char* other :
       {"boot/grub/grub.cfg", "boot/vmlinuz-x/y", "lib/modules/6.1/build", "lib/modules",
        "lib/modules/6.1", "usr/share/doc/x", "etc/passwd", ""}) {
    EXPECT_EQ(kernel_file_place(other), "") << other;
  }
}

TEST_F(Provide, TwoAtOnceMakeItOnceAndAgree) {
  const std::string spec = "deb:" + file("a.deb", deb(old_layout("6.1.0")));
  std::vector<std::string> images(4);
  std::atomic<int> unpacked = 0;
  {
    std::vector<std::jthread> threads;
    for (std::string& image : images) {
      threads.emplace_back([&] {
        const auto kernel = provide_kernel(spec, {.cache = folder_ / "cache",
                                                  .mirror = "",
                                                  .offline = true,
                                                  .progress = [&](const std::string& line) {
                                                    if (line.find("unpacking") != std::string::npos)
                                                      ++unpacked;
                                                  }});
        image = kernel ? kernel->image : kernel.error().what();
      });
    }
  }
  for (const std::string& image : images) EXPECT_EQ(image, images[0]);
  EXPECT_TRUE(fs::exists(images[0])) << images[0];
  EXPECT_EQ(unpacked, 1);
  EXPECT_EQ(kernels_in_cache(), 1u);
}

TEST_F(Provide, AMissingOrGarbledDescriptionIsNotUsedButMadeAgain) {
  const std::string spec = "deb:" + file("a.deb", deb(old_layout("6.1.0")));
  auto first = provide(spec);
  ASSERT_TRUE(first) << first.error().what();
  first->hold.reset();  // what is in use is not replaced
  const std::string place = fs::path(first->image).parent_path().parent_path();
  const std::string good = read_file(place + "/kernel.json").value_or("");
  for (const std::string& bad :
       {std::string(), good.substr(0, good.size() / 2), std::string("{}"), std::string("[1]"),
        std::string(R"({"schema":2,"id":"x","spec":"y","image":"/z"})")}) {
    write_file(place + "/kernel.json", bad);
    EXPECT_TRUE(cached_kernels(folder_ / "cache").empty()) << bad;
    ASSERT_TRUE(provide(spec)) << bad;
    EXPECT_EQ(read_file(place + "/kernel.json"), good);
  }
  fs::remove(place + "/kernel.json");
  EXPECT_TRUE(cached_kernels(folder_ / "cache").empty());
  ASSERT_TRUE(provide(spec));
  fs::remove(first->image);
  EXPECT_TRUE(cached_kernels(folder_ / "cache").empty());
  ASSERT_TRUE(provide(spec));
  EXPECT_EQ(cached_kernels(folder_ / "cache").size(), 1u);
}

TEST_F(Provide, WhatAKilledRunLeftIsSweptButNotWhatIsBeingMade) {
  const std::string cache = folder_ / "cache";
  write_file(cache + "/kernels/.tmp-deb-dead.AbCdEf/boot/vmlinuz-1", "half");
  bool seen_while_made = false;
  const auto opened = KernelCache::open(cache);
  ASSERT_TRUE(opened);
  EXPECT_EQ(kernels_in_cache(), 0u);
  const auto made = opened->get(
      "deb-live", {}, [&](const std::string& folder, const std::string&) -> Result<CacheEntry> {
        EXPECT_TRUE(KernelCache::open(cache));  // another run sweeps meanwhile
        seen_while_made = fs::exists(folder);
        EXPECT_TRUE(cached_kernels(cache).empty());
        write_file(folder + "/vmlinuz", bz_image("1"));
        CacheEntry entry;
        entry.kernel.spec = "deb:x";
        entry.kernel.image = folder + "/vmlinuz";
        return entry;
      });
  ASSERT_TRUE(made) << made.error().what();
  EXPECT_TRUE(seen_while_made);
  EXPECT_EQ(made->kernel.image, cache + "/kernels/deb-live/vmlinuz");
}

TEST_F(Provide, PruneTakesOnlyWhatWasNotUsed) {
  auto kernel = provide("deb:" + file("a.deb", deb(old_layout("6.1.0"))));
  ASSERT_TRUE(kernel) << kernel.error().what();
  kernel->hold.reset();
  ASSERT_TRUE(provide("deb:" + file("b.deb", deb(old_layout("6.1.1")))));
  const std::string description =
      fs::path(kernel->image).parent_path().parent_path() / "kernel.json";
  fs::last_write_time(description, fs::file_time_type::clock::now() - std::chrono::hours(49));
  const auto cache = KernelCache::open(folder_ / "cache");
  ASSERT_TRUE(cache);
  EXPECT_TRUE(cache->prune(72 * 3600 * kSecond)->kernels.empty());
  const auto pruned = cache->prune(48 * 3600 * kSecond);
  ASSERT_TRUE(pruned);
  ASSERT_EQ(pruned->kernels.size(), 1u);
  EXPECT_EQ(pruned->kernels[0].kernel.release, "6.1.0");
  EXPECT_EQ(kernels_in_cache(), 1u);
  EXPECT_EQ(cache->prune(-1)->kernels.size(), 1u);
  EXPECT_EQ(kernels_in_cache(), 0u);
}

TEST_F(Provide, OfflineAKernelOfASuiteComesFromTheCacheOrNotAtAll) {
  const auto none = provide("debian:bookworm");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind(), ErrorKind::Infrastructure);
  EXPECT_THAT(none.error().what(), HasSubstr("hangrate kernel fetch debian:bookworm"));
  const auto cache = KernelCache::open(folder_ / "cache");
  ASSERT_TRUE(cache->get("debian-bookworm-a", {},
                         [&](const std::string& folder, const std::string&) -> Result<CacheEntry> {
                           write_file(folder + "/vmlinuz", bz_image("6.1.0-50-cloud-amd64"));
                           CacheEntry entry;
                           entry.kernel.spec = "debian:bookworm";
                           entry.kernel.release = "6.1.0-50-cloud-amd64";
                           entry.kernel.image = folder + "/vmlinuz";
                           entry.version = "6.1.176-1";
                           return entry;
                         }));
  for (const char* spec :
       {"debian:bookworm", "debian:bookworm=6.1.176", "debian:bookworm=6.1.0-50"}) {
    const auto found = provide(spec);
    ASSERT_TRUE(found) << spec;
    EXPECT_EQ(found->spec, spec);
  }
  EXPECT_FALSE(provide("debian:bookworm=6.1.9"));
  EXPECT_FALSE(provide("debian:trixie"));
}

}  // namespace
}  // namespace hangrate
