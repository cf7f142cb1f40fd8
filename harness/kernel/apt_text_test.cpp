// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/kernel/apt_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hangrate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

DebPackage package(const std::string& name, const std::string& version,
                   std::vector<std::string> depends = {}) {
  return {.name = name, .version = version, .sha256 = "", .depends = std::move(depends)};
}

std::vector<std::string> names(const std::vector<DebPackage>& packages) {
  std::vector<std::string> all;
  for (const DebPackage& p : packages) all.push_back(p.name);
  return all;
}

TEST(AptText, ReadsWhatAptCacheShows) {
  const auto packages = packages_from_show(
      "Package: linux-image-cloud-amd64\nVersion: 7.2.13-1\n"
      "Depends: dracut | initramfs-tools (>= 0.120), linux-base-cloud-amd64 (= 7.2.13-1), "
      "linux-image-7.2.13+deb14-cloud-amd64 (= 7.2.13-1)\n"
      "Description: Linux\n Version: not a field\nSHA256: ab\n\n"
      "Package: other\nVersion: 1\n");
  ASSERT_EQ(packages.size(), 2u);
  EXPECT_EQ(packages[0].version, "7.2.13-1");
  EXPECT_EQ(packages[0].sha256, "ab");
  EXPECT_EQ(packages[0].depends.size(), 2u);
  EXPECT_EQ(packages[1].name, "other");
  const auto image = image_of_metapackage(packages[0], "cloud-amd64");
  ASSERT_TRUE(image);
  EXPECT_EQ(image->first, "linux-image-7.2.13+deb14-cloud-amd64");
  EXPECT_EQ(image->second, "7.2.13-1");
  EXPECT_FALSE(image_of_metapackage(packages[0], "amd64"));
  EXPECT_FALSE(image_of_metapackage(packages[1], "cloud-amd64"));
}

TEST(AptText, TellsSignedCloudKernelsFromTheOthers) {
  for (const char* good :
       {"linux-image-6.1.0-50-cloud-amd64", "linux-image-6.12.107+deb12-cloud-amd64",
        "linux-image-6.1.0-0.deb11.48-cloud-amd64"}) {
    EXPECT_TRUE(is_image(good, "cloud-amd64")) << good;
    EXPECT_FALSE(is_image(good, "amd64")) << good;
  }
  for (const char* bad :
       {"linux-image-6.1.0-50-cloud-amd64-unsigned", "linux-image-6.1.0-50-cloud-amd64-dbg",
        "linux-image-cloud-amd64", "linux-image-6.12-cloud-amd64", "linux-image-6.1.0-50-amd64",
        "linux-image-unsigned-6.1.0-50-cloud-amd64", "linux-headers-6.1.0-50-cloud-amd64", ""}) {
    EXPECT_FALSE(is_image(bad, "cloud-amd64")) << bad;
  }
  for (const char* full : {"linux-image-6.1.0-50-amd64", "linux-image-6.12.107+deb12-amd64",
                           "linux-image-6.1.0-0.deb11.48-amd64"}) {
    EXPECT_TRUE(is_image(full, "amd64")) << full;
    EXPECT_FALSE(is_image(full, "rt-amd64")) << full;
  }
  for (const char* other :
       {"linux-image-amd64", "linux-image-6.12-amd64", "linux-image-6.1.0-50-rt-amd64",
        "linux-image-6.1.0-50-amd64-unsigned", "linux-image-6.1.0-50-amd64-dbg"}) {
    EXPECT_FALSE(is_image(other, "amd64")) << other;
  }
}

TEST(AptText, ANameThatIsNoImageHasNoRelease) {
  EXPECT_EQ(release_of_image("linux-image-6.1.0-50-cloud-amd64"), "6.1.0-50-cloud-amd64");
  for (const char* other : {"", "kmod", "linux-imag"}) EXPECT_EQ(release_of_image(other), "");
}

TEST(AptText, AVersionIsAPackageVersionItsBeginningOrAnAbi) {
  const std::vector<DebPackage> images = {package("linux-image-6.1.0-56-cloud-amd64", "6.1.192-2"),
                                          package("linux-image-6.1.0-50-cloud-amd64", "6.1.176-1"),
                                          package("linux-image-6.1.0-9-cloud-amd64", "6.1.27-1")};
  for (const char* version : {"6.1.176-1", "6.1.176", "6.1.0-50", "6.1.0-50-cloud-amd64"}) {
    const auto chosen = choose_image(images, version, "bookworm", "cloud-amd64");
    ASSERT_TRUE(chosen) << version;
    EXPECT_EQ(chosen->version, "6.1.176-1");
  }
  for (const char* version : {"6.1.17", "6.1.0-5", "6.1", "7"}) {
    const auto chosen = choose_image(images, version, "bookworm", "cloud-amd64");
    ASSERT_FALSE(chosen) << version;
    EXPECT_EQ(chosen.error().kind(), ErrorKind::Usage);
    EXPECT_THAT(chosen.error().what(),
                HasSubstr("there are: 6.1.27-1 (6.1.0-9), 6.1.176-1 (6.1.0-50), 6.1.192-2"));
  }
}

TEST(AptText, AVersionIsChosenAmongKernelsOfItsFlavour) {
  const std::vector<DebPackage> images = {package("linux-image-6.1.0-50-cloud-amd64", "6.1.176-1"),
                                          package("linux-image-6.1.0-50-amd64", "6.1.176-1"),
                                          package("linux-image-6.1.0-49-amd64", "6.1.174-1")};
  for (const char* version : {"6.1.176-1", "6.1.176", "6.1.0-50", "6.1.0-50-amd64"}) {
    const auto chosen = choose_image(images, version, "bookworm", "amd64");
    ASSERT_TRUE(chosen) << version;
    EXPECT_EQ(chosen->name, "linux-image-6.1.0-50-amd64");
  }
  const auto cloud = choose_image(images, "6.1.174", "bookworm", "cloud-amd64");
  ASSERT_FALSE(cloud);
  EXPECT_THAT(cloud.error().what(), HasSubstr("6.1.174 of flavour cloud-amd64; there is: 6.1.176"));
}

TEST(AptText, AKernelOfOnePackageIsThatPackage) {
  const auto image =
      package("linux-image-6.1.0-50-cloud-amd64", "6.1.176-1", {"linux-base (>= 4.3~)", "kmod"});
  std::vector<std::string> missing;
  EXPECT_THAT(names(parts_of_image(image, {}, &missing)), ElementsAre(image.name));
  EXPECT_TRUE(missing.empty());
}

TEST(AptText, AKernelOfSeveralPackagesIsAllOfThemInOneVersion) {
  const std::string v = "7.2.13+deb14-cloud-amd64";
  const auto image = package("linux-image-" + v, "2",
                             {"linux-binary-" + v + " (= 2)", "linux-modules-" + v + " (= 2)"});
  const std::vector<DebPackage> known = {
      package("linux-binary-" + v, "1"),
      package("linux-binary-" + v, "2", {"linux-base-" + v + " (= 2)"}),
      package("linux-modules-" + v, "2", {"kmod", "linux-base-" + v + " (= 2)"})};
  std::vector<std::string> missing;
  const auto parts = parts_of_image(image, known, &missing);
  EXPECT_THAT(names(parts),
              ElementsAre("linux-image-" + v, "linux-binary-" + v, "linux-modules-" + v));
  EXPECT_EQ(parts[1].version, "2");
  EXPECT_THAT(missing, ElementsAre("linux-base-" + v));
}

TEST(AptText, FindsTheMirrorsOfThisMachine) {
  const auto labelled = mirrors_from_targets(
      "Debian file:/srv/a/\nDebian file:/srv/b/\nDebian-Security file:/srv/sec/\nOther file:/c\n");
  EXPECT_EQ(labelled.main, "file:/srv/a");
  EXPECT_EQ(labelled.security, "file:/srv/sec");
  const auto bare = mirrors_from_targets("$(LABEL) file:/srv/debian/\n");
  EXPECT_EQ(bare.main, "file:/srv/debian");
  EXPECT_EQ(bare.security, "file:/srv/debian-security");
  EXPECT_EQ(mirrors_from_targets("Ubuntu file:/srv/ubuntu/\n").main, "");
  EXPECT_EQ(mirrors_from_base("file:/srv/elsewhere").security, "");
}

TEST(AptText, AReleaseComesWithItsSecurityUpdatesOtherSuitesAlone) {
  const AptMirrors both{.main = "file:/m", .security = "file:/s"};
  EXPECT_EQ(*sources_list("bookworm", both, "/k"),
            "deb [signed-by=/k] file:/m bookworm main\n"
            "deb [signed-by=/k] file:/s bookworm-security main\n");
  EXPECT_EQ(*sources_list("sid", both, "/k"), "deb [signed-by=/k] file:/m sid main\n");
  EXPECT_EQ(*sources_list("bookworm-backports", both, "/k"),
            "deb [signed-by=/k] file:/m bookworm-backports main\n");
  EXPECT_EQ(*sources_list("bookworm-security", both, "/k"),
            "deb [signed-by=/k] file:/s bookworm-security main\n");
  const auto none = sources_list("bookworm", {}, "/k");
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().what(), HasSubstr("--mirror"));
}

TEST(AptText, ThePrivateConfigurationTrustsNothingUnsigned) {
  const std::string conf = private_apt_conf("/c/apt/x", false);
  EXPECT_THAT(conf, HasSubstr("Dir::State \"/c/apt/x/state\";"));
  EXPECT_THAT(conf, HasSubstr("#clear APT::Update::Post-Invoke;"));
  EXPECT_THAT(conf, HasSubstr("AllowInsecureRepositories \"false\""));
  EXPECT_THAT(conf, Not(HasSubstr("\"true\"")));
  EXPECT_THAT(conf, Not(HasSubstr("Sandbox")));
}

}  // namespace
}  // namespace hangrate
