// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the cache gives away is whole, stays as long as somebody uses it, and serves when the
// network does not. And what packages say of themselves gets no further than an error.
#include "harness/kernel/kernel_cache.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/file.h"
#include "harness/kernel/file_lock.h"
#include "harness/kernel/guest_kernel.h"
#include "harness/kernel/kernel_tree.h"
#include "harness/sys/program.h"
#include "harness/testing/command.h"
#include "harness/testing/packages.h"

namespace hangrate {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace hangrate::testing;
using namespace std::string_literals;

/// An image that says it has `bytes`, cut to `size`.
std::string image_of(const std::string& release, std::size_t bytes, std::size_t size) {
  std::string image = bz_image(release);
  const std::size_t paragraphs = (bytes - image.size()) / 16;
  for (std::size_t i = 0; i < 4; ++i)
    image[0x1f4 + i] = static_cast<char>(paragraphs >> 8 * i & 0xff);
  image.resize(size);
  return image;
}

class Cache : public ::testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& bytes) {
    write_file(folder_ / name, bytes);
    return folder_ / name;
  }
  Result<GuestKernel> provide(const std::string& spec, bool offline = true) {
    notices_.clear();
    return provide_kernel(spec, {.cache = folder_ / "cache",
                                 .mirror = "http://127.0.0.1:9/debian",
                                 .offline = offline,
                                 .progress = {},
                                 .notice = [&](const std::string& line) { notices_ += line; }});
  }
  /// A cached kernel of bookworm, and its image.
  std::string cache_bookworm(const std::string& release = "6.1.0-50-cloud-amd64",
                             const std::string& version = "6.1.176-1") {
    const auto cache = KernelCache::open(folder_ / "cache");
    const auto entry =
        cache->get("debian-bookworm-" + version, {},
                   [&](const std::string& folder, const std::string&) -> Result<CacheEntry> {
                     write_file(folder + "/vmlinuz", bz_image(release));
                     CacheEntry made;
                     made.kernel.spec = "debian:bookworm";
                     made.kernel.label = "Debian one";
                     made.kernel.release = release;
                     made.kernel.image = folder + "/vmlinuz";
                     made.version = version;
                     return made;
                   });
    return entry ? entry->kernel.image : "";
  }
  testing::TempFolder folder_;
  std::string notices_;
};

TEST_F(Cache, TheNewestOfASuiteIsThatOfTheHighestVersionAndNotTheLastFetched) {
  cache_bookworm("6.1.0-50-cloud-amd64", "6.1.99-1");
  cache_bookworm("6.1.0-56-cloud-amd64", "6.1.192-2");
  cache_bookworm("6.1.0-54-cloud-amd64", "6.1.190-1");
  cache_bookworm("6.1.0-55-cloud-amd64", "6.1.192-2~rc1");
  const auto kernel = provide("debian:bookworm");
  ASSERT_TRUE(kernel) << kernel.error().what();
  EXPECT_EQ(kernel->release, "6.1.0-56-cloud-amd64");
}

TEST_F(Cache, AnImageThatIsNotWhatItWasIsMadeAgainWithANotice) {
  const std::string spec = "deb:" + file("a.deb", deb(old_layout("6.1.0")));
  std::string image;
  std::string dependencies;
  {
    const auto first = provide(spec);
    ASSERT_TRUE(first) << first.error().what();
    EXPECT_EQ(notices_, "");
    image = first->image;
    dependencies = first->modules + "/modules.dep";
  }
  const std::string good = read_file(image).value_or("");
  std::string flipped = good;
  flipped.back() = 'x';
  for (const std::string& bad : {good.substr(0, 300), flipped}) {
    ::usleep(20'000);  // change times have the resolution of a clock tick
    write_file(image, bad);
    ASSERT_TRUE(provide(spec));
    EXPECT_THAT(notices_, HasSubstr("damaged"));
    EXPECT_EQ(read_file(image), good);
  }
  ::usleep(20'000);
  write_file(dependencies, "");
  ASSERT_TRUE(provide(spec));
  EXPECT_NE(read_file(dependencies), "");
  ASSERT_TRUE(provide(spec));
  EXPECT_EQ(notices_, "");
}

TEST_F(Cache, AFolderThatOthersMayWriteToIsNotUsed) {
  const std::string cache = folder_ / "cache";
  const mode_t umask = ::umask(0);
  EXPECT_TRUE(KernelCache::open(cache)) << "what it makes itself is for nobody else to write";
  ::umask(umask);
  for (const std::string& place : {cache, cache + "/kernels", cache + "/locks"}) {
    for (const fs::perms other : {fs::perms::group_write, fs::perms::others_write}) {
      fs::permissions(place, other, fs::perm_options::add);
      const auto opened = KernelCache::open(cache);
      ASSERT_FALSE(opened) << place;
      EXPECT_EQ(opened.error().kind(), ErrorKind::Usage);
      EXPECT_THAT(opened.error().what(), HasSubstr("chmod go-w " + place));
      fs::permissions(place, other, fs::perm_options::remove);
      EXPECT_TRUE(KernelCache::open(cache));
    }
  }
}

TEST_F(Cache, AFolderOfAnotherUserIsNotUsedNotEvenByRoot) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a folder away";
  const std::string cache = folder_ / "cache";
  const std::string spec = "deb:" + file("a.deb", deb(old_layout("6.1.0")));
  ASSERT_TRUE(provide(spec));
  for (const std::string& place : {cache, cache + "/kernels"}) {
    ASSERT_EQ(::chown(place.c_str(), 65534, 65534), 0);
    const auto kernel = provide(spec);
    ASSERT_FALSE(kernel) << place;
    EXPECT_EQ(kernel.error().kind(), ErrorKind::Usage);
    EXPECT_THAT(kernel.error().what(), HasSubstr(place + ": belongs to another user (65534)"));
    ASSERT_EQ(::chown(place.c_str(), 0, 0), 0);
  }
  EXPECT_TRUE(provide(spec));
}

TEST_F(Cache, AnEntryOfBeforeIsTakenAndCompleted) {
  const std::string spec = "deb:" + file("a.deb", deb(old_layout("6.1.0")));
  std::string place;
  {
    const auto first = provide(spec);
    ASSERT_TRUE(first) << first.error().what();
    place = fs::path(first->image).parent_path().parent_path() / "kernel.json";
  }
  const std::string whole = read_file(place).value_or("");
  auto json = parse_json(whole);
  ASSERT_TRUE(json);
  EXPECT_EQ((*json)["sums"].size(), 2u) << whole;
  json->erase("sums");
  write_file(place, dump_pretty(*json));
  ASSERT_TRUE(provide(spec));
  EXPECT_EQ(notices_, "");
  EXPECT_EQ(read_file(place), whole);
}

TEST_F(Cache, WhatSomebodyUsesIsNotPruned) {
  auto kernel = provide("deb:" + file("a.deb", deb(old_layout("6.1.0"))));
  ASSERT_TRUE(kernel) << kernel.error().what();
  const auto again = provide(kernel->spec);  // two at once
  ASSERT_TRUE(again);
  const auto cache = KernelCache::open(folder_ / "cache");
  const auto kept = cache->prune(-1);
  ASSERT_TRUE(kept);
  EXPECT_TRUE(kept->kernels.empty());
  EXPECT_EQ(kept->in_use.size(), 1u);
  EXPECT_TRUE(fs::exists(kernel->image));
  kernel->hold.reset();
  EXPECT_TRUE(cache->prune(-1)->kernels.empty()) << "the other still has it";
  const_cast<GuestKernel&>(*again).hold.reset();
  EXPECT_EQ(cache->prune(-1)->kernels.size(), 1u);
  EXPECT_FALSE(fs::exists(kernel->image));
}

TEST_F(Cache, PackageListsThatSomebodyReadsAreNotPruned) {
  const auto cache = KernelCache::open(folder_ / "cache");
  ASSERT_TRUE(cache);
  const std::string lists = folder_ / "cache/apt/bookworm-1";
  write_file(lists + "/state/lists/Packages", "x");
  {
    const auto reader =
        FileLock::take(folder_ / "cache/locks/apt-bookworm-1.lock", kSecond, {}, LockMode::Shared);
    ASSERT_TRUE(reader) << reader.error().what();
    const auto another =
        FileLock::take(folder_ / "cache/locks/apt-bookworm-1.lock", kSecond, {}, LockMode::Shared);
    EXPECT_TRUE(another);
    ASSERT_TRUE(cache->prune(-1));
    EXPECT_TRUE(fs::exists(lists));
  }
  ASSERT_TRUE(cache->prune(-1));
  EXPECT_FALSE(fs::exists(lists));
}

TEST_F(Cache, ADamagedKernelIsNotUsedOfflineEither) {
  const std::string image = cache_bookworm();
  ASSERT_TRUE(provide("debian:bookworm"));
  std::string bad = read_file(image).value_or("");
  bad.back() = 'x';
  ::usleep(20'000);
  write_file(image, bad);
  EXPECT_FALSE(provide("debian:bookworm"));
  EXPECT_THAT(notices_, HasSubstr("damaged"));
}

TEST_F(Cache, ACachedKernelOfAnotherFlavourIsAnotherKernel) {
  ASSERT_NE(cache_bookworm(), "");
  for (const char* same : {"debian:bookworm,flavour=cloud-amd64",
                           "debian:bookworm=6.1.0-50,flavour=cloud-amd64", "debian:bookworm"}) {
    EXPECT_TRUE(provide(same)) << same;
  }
  for (const char* other :
       {"debian:bookworm,flavour=amd64", "debian:bookworm=6.1.0-50,flavour=amd64",
        "debian:bookworm=6.1.176,flavour=amd64"}) {
    EXPECT_FALSE(provide(other)) << other;
  }
}

TEST_F(Cache, WithoutPackageListsTheCachedKernelServesWithANotice) {
  if (find_program("apt-get").empty()) GTEST_SKIP() << "no apt-get here";
  const auto none = provide("debian:bookworm", false);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind(), ErrorKind::Infrastructure);
  ASSERT_NE(cache_bookworm(), "");
  const auto found = provide("debian:bookworm", false);
  ASSERT_TRUE(found) << found.error().what();
  EXPECT_THAT(notices_, HasSubstr("taking Debian one from the cache"));
  EXPECT_TRUE(provide("debian:bookworm=6.1.176", false));
  EXPECT_FALSE(provide("debian:bookworm=6.1.9", false)) << "that one is not here";
}

TEST_F(Cache, AKernelThatAnEarlierVersionCalledOtherwiseThanItIsIsNotUsed) {
  const std::string image = cache_bookworm();
  const std::string place = fs::path(image).parent_path() / "kernel.json";
  std::string text = read_file(place).value_or("");
  text.replace(text.find("6.1.0-50-cloud-amd64"), 20, "6.1.0-51-cloud-amd64");
  write_file(place, text);
  const auto kernel = provide("debian:bookworm");
  ASSERT_FALSE(kernel);
  EXPECT_THAT(kernel.error().what(),
              HasSubstr("taken for 6.1.0-51-cloud-amd64, but it is 6.1.0-50"));
}

TEST_F(Cache, AnImageCutShortIsTheUsersMistake) {
  ASSERT_TRUE(provide("image:" + file("whole", image_of("6.1.0", 200'000, 200'000))));
  ASSERT_TRUE(provide("image:" + file("signed", image_of("6.1.0", 200'000, 201'472))));
  const auto image = provide("image:" + file("cut", image_of("6.1.0", 200'000, 100'000)));
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().kind(), ErrorKind::Usage);
  EXPECT_THAT(image.error().what(), HasSubstr("cut short: 100000 bytes of 200000"));
  Files files = old_layout("6.1.0");
  files["./boot/vmlinuz-6.1.0"] = image_of("6.1.0", 200'000, 100'000);
  const auto package = provide("deb:" + file("cut.deb", deb(files)));
  ASSERT_FALSE(package);
  EXPECT_EQ(package.error().kind(), ErrorKind::Usage);
  EXPECT_THAT(package.error().what(), HasSubstr("cut.deb: boot/vmlinuz-6.1.0: cut short"));
}

TEST_F(Cache, AMessageNamesThePackageAndNotTheFolderItWasUnpackedIn) {
  const auto none = provide("deb:" + file("nokernel.deb", deb({{"./boot/config-1", "x"}})));
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().what(), HasSubstr("nokernel.deb: no kernel in it"));
  EXPECT_THAT(none.error().what(), Not(HasSubstr(".tmp-")));
}

TEST_F(Cache, APathThatLeadsOutIsTheUsersMistakeEvenBelowAKernelsFolder) {
  Files files = old_layout("6.1.0");
  files["./lib/modules/6.1.0/../../../../outside"] = "x";
  const auto kernel = provide("deb:" + file("out.deb", deb(files)));
  ASSERT_FALSE(kernel);
  EXPECT_EQ(kernel.error().kind(), ErrorKind::Usage);
  EXPECT_THAT(kernel.error().what(), HasSubstr("out.deb: a path that leads out"));
}

TEST_F(Cache, AReleaseWithWhatNoReleaseHasIsRefused) {
  for (const std::string& release : {"6.1\x1b[31m"s, "6.1\t0"s, "6.1\n0"s, "6.1'0"s}) {
    const auto package = provide("deb:" + file("a.deb", deb(old_layout(release))));
    ASSERT_FALSE(package) << release;
    EXPECT_EQ(package.error().kind(), ErrorKind::Usage);
    const auto image = provide("image:" + file("vmlinuz", bz_image(release)));
    ASSERT_FALSE(image) << release;
    EXPECT_EQ(image.error().kind(), ErrorKind::Usage);
  }
  EXPECT_TRUE(provide("image:" + file("vmlinuz", bz_image("6.12.4+deb13~bpo_1-amd64"))));
  EXPECT_FALSE(check_kernel_spec("image:/boot/\x1b[31mvmlinuz"));
  EXPECT_FALSE(check_kernel_spec("deb:a\tb.deb"));
}

}  // namespace
}  // namespace hangrate
