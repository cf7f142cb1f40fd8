// SPDX-License-Identifier: GPL-2.0-or-later
//
// dir: and image: in the layouts that distributions have: the image says which kernel it is, its
// modules are those of that release, and nothing is guessed.
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/kernel/guest_kernel.h"
#include "harness/sys/program.h"
#include "harness/testing/packages.h"

namespace hangrate {
namespace {

namespace fs = std::filesystem;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using namespace hangrate::testing;

std::string module_of(const std::string& release) {
  return std::string("\x7f") + "ELF\1\1\1" + '\0' + "vermagic=" + release + " SMP mod_unload" +
         '\0';
}

class Layouts : public ::testing::Test {
 protected:
  std::string at(const std::string& name) const { return folder_ / ("t/" + name); }
  void put(const std::string& name, const std::string& bytes) { write_file(at(name), bytes); }
  void put_modules(const std::string& folder, const std::string& release) {
    put(folder + "/modules.dep", "kernel/fs/fuse/fuse.ko.xz:\n");
    put(folder + "/kernel/fs/fuse/fuse.ko.xz", compressed(module_of(release), "xz"));
  }
  Result<GuestKernel> provide(const std::string& spec) {
    notices_.clear();
    return provide_kernel(spec,
                          {.cache = folder_ / "cache",
                           .mirror = "",
                           .offline = true,
                           .progress = {},
                           .notice = [&](const std::string& text) { notices_ += text + "\n"; }});
  }
  Result<GuestKernel> root() { return provide("dir:" + folder_ / "t"); }

  void expect(const Result<GuestKernel>& kernel, const std::string& release,
              const std::string& image, const std::string& modules) {
    ASSERT_TRUE(kernel) << kernel.error().what();
    EXPECT_EQ(kernel->release, release);
    EXPECT_EQ(kernel->image, at(image));
    EXPECT_EQ(kernel->modules, modules.empty() ? "" : at(modules));
  }
  void expect_refused(const Result<GuestKernel>& kernel, const std::vector<std::string>& says) {
    ASSERT_FALSE(kernel) << kernel->label;
    EXPECT_EQ(kernel.error().kind(), ErrorKind::Usage);
    for (const std::string& text : says) EXPECT_THAT(kernel.error().what(), HasSubstr(text));
  }

  std::string notices_;
  TempFolder folder_;
};

TEST_F(Layouts, ArchNamesTheImageByItsPackageAndHasACopyBesideTheModules) {
  put("boot/vmlinuz-linux", bz_image("6.7.2-arch1-1"));
  put("usr/lib/modules/6.7.2-arch1-1/vmlinuz", bz_image("6.7.2-arch1-1"));
  put_modules("usr/lib/modules/6.7.2-arch1-1", "6.7.2-arch1-1");
  expect(root(), "6.7.2-arch1-1", "boot/vmlinuz-linux", "usr/lib/modules/6.7.2-arch1-1");
}

TEST_F(Layouts, AlpineNamesTheImageByItsFlavour) {
  put("boot/vmlinuz-lts", bz_image("6.6.14-0-lts"));
  put_modules("lib/modules/6.6.14-0-lts", "6.6.14-0-lts");
  put_modules("lib/modules/6.6.9-0-lts", "6.6.9-0-lts");
  expect(root(), "6.6.14-0-lts", "boot/vmlinuz-lts", "lib/modules/6.6.14-0-lts");
}

TEST_F(Layouts, BootLoaderEntriesAndGentoo) {
  put("boot/0123abcd/6.9.1-300.fc40.x86_64/linux", bz_image("6.9.1-300.fc40.x86_64"));
  put_modules("lib/modules/6.9.1-300.fc40.x86_64", "6.9.1-300.fc40.x86_64");
  expect(root(), "6.9.1-300.fc40.x86_64", "boot/0123abcd/6.9.1-300.fc40.x86_64/linux",
         "lib/modules/6.9.1-300.fc40.x86_64");
  fs::remove_all(at(""));
  put("boot/kernel-6.6.30-gentoo-dist", bz_image("6.6.30-gentoo-dist"));
  put("boot/kernel-notes.txt", "not an image");
  put_modules("lib/modules/6.6.30-gentoo-dist", "6.6.30-gentoo-dist");
  expect(root(), "6.6.30-gentoo-dist", "boot/kernel-6.6.30-gentoo-dist",
         "lib/modules/6.6.30-gentoo-dist");
}

TEST_F(Layouts, PlainNamesAndLinksToThemAreOneKernel) {
  put("boot/bzImage-mine", bz_image("6.9.1-mine"));
  fs::create_symlink("bzImage-mine", at("boot/vmlinuz"));
  put("boot/vmlinuz-6.9.1.sig", "not an image");
  const auto kernel = root();
  ASSERT_TRUE(kernel) << kernel.error().what();
  EXPECT_EQ(kernel->release, "6.9.1-mine");
}

TEST_F(Layouts, AFileThatIsOnlyCalledLikeAnImageIsNamed) {
  put("boot/vmlinuz-6.9.1", "something else");
  expect_refused(root(), {at("boot/vmlinuz-6.9.1") + ": neither a bzImage nor a vmlinux"});
}

TEST_F(Layouts, AFolderOfModulesWithAnImageInIt) {
  put_modules("lib/modules/6.12.3", "6.12.3");
  expect_refused(provide("dir:" + at("lib/modules/6.12.3")),
                 {"no kernel in it", "image:PATH,modules=" + at("lib/modules/6.12.3")});
  put("lib/modules/6.12.3/vmlinuz", bz_image("6.12.3"));
  put("lib/modules/6.12.3/config", "CONFIG_X=y\n");
  const auto kernel = provide("dir:" + at("lib/modules/6.12.3"));
  expect(kernel, "6.12.3", "lib/modules/6.12.3/vmlinuz", "lib/modules/6.12.3");
  EXPECT_EQ(kernel->config, at("lib/modules/6.12.3/config"));
}

TEST_F(Layouts, TheNameOfAnImageDecidesNothing) {
  put("boot/vmlinuz-6.12.3", bz_image("6.9.1"));
  put_modules("lib/modules/6.12.3", "6.12.3");
  put_modules("lib/modules/6.9.1", "6.9.1");
  expect(root(), "6.9.1", "boot/vmlinuz-6.12.3", "lib/modules/6.9.1");
}

TEST_F(Layouts, SeveralKernelsAreListedAndOneIsChosen) {
  for (const char* release : {"6.9.1", "6.12.3"}) {
    for (const auto& [name, text] : old_layout(release)) put(name, text);
  }
  expect_refused(
      root(), {"6.9.1 (" + at("boot/vmlinuz-6.9.1") + ")",
               "6.12.3 (" + at("boot/vmlinuz-6.12.3") + ")", "dir:" + folder_ / "t" + "=RELEASE"});
  expect(provide("dir:" + at("") + "=6.9.1"), "6.9.1", "boot/vmlinuz-6.9.1", "lib/modules/6.9.1");
  const auto kernel = provide("dir:" + folder_ / "t" + "=6.12.3");
  expect(kernel, "6.12.3", "boot/vmlinuz-6.12.3", "lib/modules/6.12.3");
  EXPECT_EQ(kernel->config, at("boot/config-6.12.3"));
  expect_refused(provide("dir:" + at("") + "=6.1.0"), {"no kernel 6.1.0 in it; there is: 6.12.3"});
}

TEST_F(Layouts, TwoKernelsOfOneReleaseAreNotOneKernel) {
  put("boot/vmlinuz-a", bz_image("6.9.1"));
  put("boot/vmlinuz-b", bz_image("6.9.1", "another kernel"));
  expect_refused(root(), {at("boot/vmlinuz-a"), at("boot/vmlinuz-b"), "image:PATH,modules=DIR"});
  expect_refused(provide("dir:" + at("") + "=6.9.1"), {"several kernels"});
}

TEST_F(Layouts, ADamagedImageBesideASoundOneIsToldAndCanBePassedOver) {
  put("boot/vmlinuz-a", bz_image("6.9.1"));
  put("boot/vmlinuz-b", bz_image("6.9.2", "a kernel").substr(0, 0x408));
  expect_refused(root(), {"vmlinuz-b: cut short", "6.9.1"});
  expect(provide("dir:" + at("") + "=6.9.1"), "6.9.1", "boot/vmlinuz-a", "");
}

TEST_F(Layouts, ModulesOfAnotherReleaseAreRefusedWhateverTheirFolderIsCalled) {
  put("boot/vmlinuz-lts", bz_image("6.6.14-0-lts"));
  put_modules("lib/modules/6.6.14-0-lts", "6.6.9-0-lts");
  expect_refused(root(), {"a module of 6.6.9-0-lts, and the kernel is 6.6.14-0-lts"});
}

TEST_F(Layouts, AnImageTakesModulesOfItsReleaseFromWhereverItIsTold) {
  put("bzImage", bz_image("6.12.3"));
  put_modules("mods", "6.12.3");
  put_modules("root/lib/modules/6.12.3", "6.12.3");
  put_modules("other", "6.12.4");
  const std::string image = "image:" + at("bzImage") + ",modules=";
  expect(provide(image + at("mods")), "6.12.3", "bzImage", "mods");
  expect(provide(image + at("root")), "6.12.3", "bzImage", "root/lib/modules/6.12.3");
  expect(provide(image + at("root/lib/modules")), "6.12.3", "bzImage", "root/lib/modules/6.12.3");
  expect_refused(provide(image + at("other")), {"a module of 6.12.4, and the kernel is 6.12.3"});
  expect_refused(provide(image + at("none")), {at("none") + ": no modules of 6.12.3 in it"});
}

class BuildTree : public Layouts {
 protected:
  void SetUp() override {
    if (find_program("depmod").empty()) GTEST_SKIP() << "no depmod here: apt-get install kmod";
    put("arch/x86/boot/bzImage", bz_image("6.12.0-rc1+"));
    put("include/config/kernel.release", "6.12.0-rc1+\n");
    put(".config", "CONFIG_FUSE_FS=m\n");
    put("modules.builtin", "kernel/fs/ext4/ext4.ko\n");
    put("kernel/fork.c", "as a source tree has it");
    put("fs/fuse/fuse.ko", module_of("6.12.0-rc1+"));
  }
};

TEST_F(BuildTree, IsTakenWithWhatWasBuiltInItInBothSpellingsOfModulesOrder) {
  for (const char* line : {"fs/fuse/fuse.o\n", "fs/fuse/fuse.ko\n", "kernel/fs/fuse/fuse.ko\n"}) {
    fs::remove_all(folder_ / "cache");
    put("modules.order", line);
    const auto kernel = root();
    ASSERT_TRUE(kernel) << kernel.error().what();
    EXPECT_EQ(kernel->release, "6.12.0-rc1+");
    EXPECT_EQ(kernel->image, at("arch/x86/boot/bzImage"));
    EXPECT_EQ(kernel->config, at(".config"));
    EXPECT_THAT(kernel->modules, EndsWith("/lib/modules/6.12.0-rc1+"));
    EXPECT_EQ(read_file(kernel->modules + "/kernel/fs/fuse/fuse.ko"), module_of("6.12.0-rc1+"));
    EXPECT_TRUE(fs::exists(kernel->modules + "/modules.dep"));
    EXPECT_FALSE(fs::exists(at("modules.dep"))) << "the tree is not written to";
  }
}

TEST_F(BuildTree, WithoutModulesIsTakenAndSaysSo) {
  const auto kernel = root();
  ASSERT_TRUE(kernel) << kernel.error().what();
  EXPECT_EQ(kernel->modules, "");
  EXPECT_THAT(notices_, HasSubstr("make modules"));
}

TEST_F(BuildTree, InstalledModulesAreTakenBeforeThoseOfTheTree) {
  put("modules.order", "fs/fuse/fuse.o\n");
  put_modules("lib/modules/6.12.0-rc1+", "6.12.0-rc1+");
  expect(root(), "6.12.0-rc1+", "arch/x86/boot/bzImage", "lib/modules/6.12.0-rc1+");
}

TEST_F(BuildTree, WhoseImageIsOlderThanItsModulesIsRefused) {
  put("modules.order", "fs/fuse/fuse.o\n");
  put("include/config/kernel.release", "6.12.0-rc2\n");
  expect_refused(root(), {"6.12.0-rc1+", "configured as 6.12.0-rc2", "make bzImage"});
  put("include/config/kernel.release", "6.12.0-rc1+\n");
  put("fs/fuse/fuse.ko", module_of("6.12.0-rc2"));
  expect_refused(root(), {"a module of 6.12.0-rc2, and the kernel is 6.12.0-rc1+"});
}

TEST_F(BuildTree, ThatWasNotBuiltSaysWhatToDo) {
  fs::remove(at("arch/x86/boot/bzImage"));
  expect_refused(root(), {"arch/x86/boot/bzImage", "make bzImage modules"});
}

TEST_F(BuildTree, AListThatLeadsOutOfTheTreeIsRefused) {
  for (const char* line : {"../../etc/x.ko\n", "/etc/x.ko\n"}) {
    put("modules.order", line);
    expect_refused(root(), {"leads out of the tree"});
  }
}

TEST_F(BuildTree, GivesAnImageItsModules) {
  put("modules.order", "fs/fuse/fuse.o\n");
  put("elsewhere", bz_image("6.12.0-rc1+"));
  const auto kernel = provide("image:" + at("elsewhere") + ",modules=" + folder_ / "t");
  ASSERT_TRUE(kernel) << kernel.error().what();
  EXPECT_TRUE(fs::exists(kernel->modules + "/modules.dep"));
}

}  // namespace
}  // namespace hangrate
