// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/kernel/kernel_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/kernel/guest_kernel.h"

namespace hangrate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(KernelSpec, ReadsEveryForm) {
  EXPECT_EQ(parse_kernel_spec("native")->form, SpecForm::Native);
  const auto image = parse_kernel_spec("image:/boot/vmlinuz:odd,name=1");
  EXPECT_EQ(image->form, SpecForm::Image);
  EXPECT_THAT(image->paths, ElementsAre("/boot/vmlinuz:odd,name=1"));
  EXPECT_EQ(parse_kernel_spec("dir:.")->form, SpecForm::Tree);
  EXPECT_THAT(parse_kernel_spec("deb:a.deb,b.deb")->paths, ElementsAre("a.deb", "b.deb"));
  EXPECT_EQ(parse_kernel_spec("rpm:a.rpm")->form, SpecForm::Packages);
  EXPECT_EQ(parse_kernel_spec("recipe:6.1-pipe-stall")->name, "6.1-pipe-stall");
  EXPECT_EQ(parse_kernel_spec("recipe:./my/recipe")->name, "./my/recipe");
}

TEST(KernelSpec, AFolderMayNameOneOfItsReleases) {
  const auto one = parse_kernel_spec("dir:/srv/a=b/root=6.1.0-50-amd64");
  ASSERT_TRUE(one);
  EXPECT_THAT(one->paths, ElementsAre("/srv/a=b/root"));
  EXPECT_EQ(one->release, "6.1.0-50-amd64");
  const auto slash = parse_kernel_spec("dir:/srv/a=b/");
  EXPECT_THAT(slash->paths, ElementsAre("/srv/a=b/"));
  EXPECT_EQ(slash->release, "");
}

TEST(KernelSpec, AnImageMayNameItsModules) {
  const auto spec = parse_kernel_spec("image:/b/bzImage,modules=/lib/modules/6.1=x");
  ASSERT_TRUE(spec);
  EXPECT_THAT(spec->paths, ElementsAre("/b/bzImage"));
  EXPECT_EQ(spec->modules, "/lib/modules/6.1=x");
  EXPECT_EQ(parse_kernel_spec("image:/b/bzImage")->modules, "");
}

TEST(KernelSpec, ReadsSuitesWithAndWithoutVersion) {
  const auto plain = parse_kernel_spec("debian:bookworm-backports");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->suite, "bookworm-backports");
  EXPECT_EQ(plain->version, "");
  const auto exact = parse_kernel_spec("debian:sid=7.2.13+deb14-cloud-amd64");
  ASSERT_TRUE(exact);
  EXPECT_EQ(exact->suite, "sid");
  EXPECT_EQ(exact->version, "7.2.13+deb14-cloud-amd64");
}

TEST(KernelSpec, ADebianKernelIsOfTheCloudFlavourUnlessAnotherIsNamed) {
  EXPECT_EQ(parse_kernel_spec("debian:sid")->flavour, "cloud-amd64");
  EXPECT_EQ(parse_kernel_spec("debian:sid=7.2.13")->flavour, "cloud-amd64");
  const auto newest = parse_kernel_spec("debian:trixie,flavour=amd64");
  ASSERT_TRUE(newest);
  EXPECT_EQ(newest->suite, "trixie");
  EXPECT_EQ(newest->version, "");
  EXPECT_EQ(newest->flavour, "amd64");
  const auto exact = parse_kernel_spec("debian:trixie=6.12.96,flavour=rt-amd64");
  ASSERT_TRUE(exact);
  EXPECT_EQ(exact->version, "6.12.96");
  EXPECT_EQ(exact->flavour, "rt-amd64");
}

TEST(KernelSpec, RefusesTheRestAndNamesTheForms) {
  for (const char* bad : {"",
                          "bookworm",
                          "debian",
                          "debian:",
                          "debian:Book worm",
                          "debian:../x",
                          "debian:sid=",
                          "debian:sid=6.1;rm",
                          "debian:-o",
                          "debian:sid=-o",
                          "debian:sid,flavour=",
                          "debian:sid,flavour=-o",
                          "debian:sid,flavour=amd64,flavour=amd64",
                          "debian:sid,modules=/x",
                          "debian:,flavour=amd64",
                          "image:",
                          "image:,modules=/x",
                          "image:/x,modules=",
                          "dir:",
                          "dir:/x=",
                          "dir:=6.1",
                          "dir:/x=6.1 x",
                          "deb:",
                          "deb:a,,b",
                          "rpm:,",
                          "recipe:",
                          "recipe:..",
                          "recipe:a b",
                          "fedora:40",
                          "Native",
                          "native ",
                          "image:a\nb"}) {
    const auto checked = check_kernel_spec(bad);
    ASSERT_FALSE(checked) << bad;
    EXPECT_EQ(checked.error().kind(), ErrorKind::Usage) << bad;
    EXPECT_THAT(checked.error().what(), HasSubstr("debian:SUITE[=VERSION][,flavour=FLAVOUR]"))
        << bad;
    EXPECT_EQ(checked.error().what().find('\n'), std::string::npos) << bad;
  }
}

}  // namespace
}  // namespace hangrate
