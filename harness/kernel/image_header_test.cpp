// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/kernel/image_header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/testing/bz_image.h"

namespace hangrate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace hangrate::testing;

Result<std::optional<ImageHeader>> header_of(const std::string& image) {
  return read_image_header(std::string_view(image).substr(0, kImageHead), image.size());
}

std::string why_not(const std::string& image) {
  const auto header = header_of(image);
  if (header) return *header ? "taken" : "no image";
  EXPECT_EQ(header.error().kind(), ErrorKind::Usage);
  return header.error().what();
}

std::string with(std::string image, std::size_t at, std::uint64_t value, std::size_t size) {
  put_number(image, at, value, size);
  return image;
}

TEST(ImageHeader, ABzImageTellsItsReleaseAndWhereItsKernelLies) {
  const auto header = header_of(bz_image("6.1.0-50-amd64", std::string(100, 'k')));
  ASSERT_TRUE(header && *header);
  EXPECT_EQ((*header)->kind, ImageKind::BzImage);
  EXPECT_EQ((*header)->release, "6.1.0-50-amd64");
  EXPECT_EQ((*header)->payload, (ByteRange{.at = 0x410, .size = 100}));
  EXPECT_TRUE((*header)->x86);
}

TEST(ImageHeader, ABzImageThatDoesNotTellIsUnknownAndNotWrong) {
  const auto silent = header_of(with(bz_image("6.1"), 0x20e, 0, 2));
  ASSERT_TRUE(silent && *silent);
  EXPECT_EQ((*silent)->release, "");
  const auto old = header_of(with(bz_image("6.1", "kernel"), 0x206, 0x207, 2));
  ASSERT_TRUE(old && *old) << "protocol 2.07 has no payload_offset";
  EXPECT_EQ((*old)->payload.size, 0u);
}

TEST(ImageHeader, ABzImageCutShortIsRefusedWhereverItIsCut) {
  const std::string image = bz_image("6.1", std::string(5000, 'k'));
  for (std::size_t size = 0x206; size < image.size(); size += 7) {
    EXPECT_THAT(why_not(image.substr(0, size)), HasSubstr("cut short")) << size;
  }
  EXPECT_EQ(why_not(image), "taken");
  EXPECT_EQ(why_not(image.substr(0, 0x205)), "no image");
}

TEST(ImageHeader, WhatABzImagePointsToMustLieInIt) {
  const std::string image = bz_image("6.1", std::string(5000, 'k'));
  for (const std::uint64_t at : {0x200u, 0x1000u, 0xffffu}) {
    EXPECT_THAT(why_not(with(image, 0x20e, at, 2)), HasSubstr("outside")) << at;
  }
  for (const std::uint64_t huge : {std::uint64_t{5016}, std::uint64_t{0xffffffff}}) {
    EXPECT_THAT(why_not(with(image, 0x248, huge, 4)), HasSubstr("outside")) << huge;
    EXPECT_THAT(why_not(with(image, 0x24c, huge, 4)), HasSubstr("outside")) << huge;
  }
  EXPECT_THAT(why_not(with(image, 0x1f4, 0xffffffff, 4)), HasSubstr("cut short"));
}

TEST(ImageHeader, AReleaseThatIsNoneIsRefused) {
  for (const char* bad : {"6.1/../x", "6.1\tx", "", "..", "6.1\x1b[0m"}) {
    EXPECT_THAT(why_not(bz_image(bad)), HasSubstr("release")) << bad;
  }
  EXPECT_THAT(why_not(bz_image(std::string(65, '6'))), HasSubstr("release"));
  EXPECT_EQ(why_not(bz_image(std::string(64, '6'))), "taken");
}

TEST(ImageHeader, KnowsAnArm64ImageAndForeignElfFilesAsNotForGuests) {
  std::string arm(4096, '\0');
  arm.replace(0x38, 4, "ARM\x64");
  const auto header = header_of(arm);
  ASSERT_TRUE(header && *header);
  EXPECT_EQ((*header)->kind, ImageKind::Arm64);
  EXPECT_FALSE((*header)->x86);
  EXPECT_FALSE((*header_of(elf_kernel("", 183)))->x86);
  EXPECT_TRUE((*header_of(elf_kernel()))->x86);
  EXPECT_EQ(why_not(arm.substr(0, 0x3c)), "cut short: 60 bytes of 64");
}

TEST(ImageHeader, AnElfFileTellsWhereItsNotesLie) {
  const std::string elf = elf_kernel();
  EXPECT_THAT(elf_notes(elf), ElementsAre(ByteRange{.at = 0x3000, .size = 36}));
  EXPECT_THAT(elf_notes(elf.substr(0, 100)), IsEmpty());
  EXPECT_THAT(elf_notes(with(elf, 32, ~0ull, 8)), IsEmpty()) << "headers behind everything";
  EXPECT_THAT(elf_notes(with(elf, 54, 1, 2)), IsEmpty()) << "headers smaller than headers";
  EXPECT_THAT(elf_notes(with(elf, 152, ~0ull, 8)), IsEmpty()) << "notes without end";
  EXPECT_THAT(elf_notes(bz_image("6.1")), IsEmpty());
  EXPECT_THAT(why_not(with(elf, 32, ~0ull, 8)), HasSubstr("outside"));
  EXPECT_THAT(why_not(elf.substr(0, 40)), HasSubstr("cut short"));
  EXPECT_THAT(why_not(with(elf, 5, 2, 1)), HasSubstr("foreign"));
}

TEST(ImageHeader, OtherFilesAreNoImages) {
  for (const std::string& other :
       {std::string(), std::string("x"), std::string(5000, 'x'), std::string("MZ")}) {
    EXPECT_EQ(why_not(other), "no image");
  }
}

TEST(ImageHeader, TheBannerHasTheReleaseAndTheFormatStringBeforeItHasNone) {
  const std::string text =
      "Linux version %s (%s)\n Linux version of x (y) Linux version 7.2.13+deb14-amd64 (a@b) (gcc)";
  EXPECT_EQ(release_in_banner(text), "7.2.13+deb14-amd64");
  EXPECT_EQ(release_in_banner("Linux version 7.2.13"), "") << "may go on";
  EXPECT_EQ(release_in_banner("Linux version " + std::string(100, '7') + " ("), "");
  EXPECT_EQ(release_in_banner(""), "");
}

}  // namespace
}  // namespace hangrate
