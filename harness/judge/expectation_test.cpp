// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/judge/expectation.h"

#include <utility>

#include <gtest/gtest.h>

namespace hangrate {
namespace {

/// A bug of 5.5, fixed in 6.12 and, by a backport, in 6.1.120.
Manifest backported() {
  Manifest manifest;
  manifest.affected = {{"5.5", "6.1.120", ""}, {"6.2", "6.12-rc1", ""}};
  return manifest;
}

Expectation on(const Manifest& manifest, const char* release, const char* signature = "") {
  return expectation_of(manifest, Variant(), identify_kernel(release, "", signature)).value;
}

/// The ranges of the manifests in repros/.
Manifest pipe_stall() {
  Manifest manifest;
  manifest.affected = {{"5.8", "5.10.210", ""},
                       {"5.11", "5.15.149", ""},
                       {"5.16", "6.1.76", ""},
                       {"6.2", "6.6.15", ""},
                       {"6.7", "6.7.3", ""}};
  return manifest;
}

Manifest fuse_flush() {
  Manifest manifest;
  manifest.affected = {{"", "6.3", ""}, {"6.4.16", "6.5", ""}, {"6.5.3", "", ""}};
  return manifest;
}

Manifest one_slot() {
  Manifest manifest;
  manifest.affected = {{"5.5", "", ""}};
  return manifest;
}

TEST(Expectation, RangesIncludeTheirStartAndExcludeTheirEnd) {
  const Manifest manifest = backported();
  EXPECT_EQ(on(manifest, "5.4.300"), Expectation::Fixed);
  EXPECT_EQ(on(manifest, "5.4.300-rc1"), Expectation::Fixed);
  EXPECT_EQ(on(manifest, "5.5-rc1"), Expectation::Affected);
  EXPECT_EQ(on(manifest, "5.5"), Expectation::Affected);
  EXPECT_EQ(on(manifest, "6.1.119"), Expectation::Affected);
  EXPECT_EQ(on(manifest, "6.1.120"), Expectation::Fixed);
  EXPECT_EQ(on(manifest, "6.2"), Expectation::Affected);
  EXPECT_EQ(on(manifest, "6.11.11"), Expectation::Affected);
  EXPECT_EQ(on(manifest, "6.12-rc1"), Expectation::Fixed);
  EXPECT_EQ(on(manifest, "6.12"), Expectation::Fixed);
}

TEST(Expectation, ACandidateCountsAsTheReleaseItIsMadeFor) {
  const Manifest pipe = pipe_stall();
  for (const char* release : {"5.8.0-rc1", "5.11.0-rc3", "6.2.0-rc5", "6.7.0-rc2"}) {
    EXPECT_EQ(on(pipe, release), Expectation::Affected) << release;
  }
  for (const char* release : {"5.7.19", "6.8.0-rc1+", "6.8.0-rc1", "6.6.15-rc1", "6.7.3-rc2"}) {
    EXPECT_EQ(on(pipe, release), Expectation::Fixed) << release;
  }
  const Manifest fuse = fuse_flush();
  for (const char* release : {"6.2.0-rc8", "6.4.16-rc1", "6.5.3", "6.6.0-rc1"}) {
    EXPECT_EQ(on(fuse, release), Expectation::Affected) << release;
  }
  for (const char* release : {"6.3.0-rc1", "6.3.0-rc7", "6.4.0-rc1", "6.5.0-rc1", "6.5.0-rc4"}) {
    EXPECT_EQ(on(fuse, release), Expectation::Fixed) << release;
  }
}

TEST(Expectation, OfAVendorsTreeIsFixedOnlyBehindEveryRange) {
  const Manifest pipe = pipe_stall();
  EXPECT_EQ(on(pipe, "6.8.0-111-generic", "Ubuntu 6.8.0-111.111-generic 6.8.12"),
            Expectation::Fixed);
  EXPECT_EQ(on(pipe, "6.12.0-55.9.1.el10_0.x86_64"), Expectation::Fixed);
  EXPECT_EQ(on(pipe, "6.7.3-1-default"), Expectation::Fixed);
  EXPECT_EQ(on(pipe, "6.8.0-0.rc1.20240125git6098d87eaf31.16.fc40.x86_64"), Expectation::Fixed);
  // Inside a range: the fix may have been backported. Between two of them, or before the first: so
  // may the bug.
  EXPECT_EQ(on(pipe, "6.5.0-41-generic", "Ubuntu 6.5.0-41.41-generic 6.5.13"),
            Expectation::Unknown);
  for (const char* release : {"5.14.0-427.13.1.el9_4.x86_64", "6.4.0-150600.23.7-default",
                              "6.6.15-1-default", "5.15.149-1.cm2", "4.18.0-553.el8_10.x86_64",
                              "6.7.0-rc8-next-20240105", "6.7.0-09928-g052d534373b7",
                              "6.7.0-rc2-00012-g1234abcd5678", "6.7.0-dirty", "6.5.13-5-pve"}) {
    EXPECT_EQ(on(pipe, release), Expectation::Unknown) << release;
  }
  EXPECT_EQ(on(pipe, "5.15.0-206.153.7.el9uek.x86_64"), Expectation::Fixed);
  EXPECT_EQ(on(pipe, "6.7.0-68.fc40.x86_64"), Expectation::Affected);
}

TEST(Expectation, OfAVendorsTreeIsAffectedOnlyWhereThereIsNoFixToBackport) {
  const char* kNoble = "Ubuntu 6.8.0-111.111-generic 6.8.12";
  EXPECT_EQ(on(fuse_flush(), "6.8.0-111-generic", kNoble), Expectation::Affected);
  EXPECT_EQ(on(one_slot(), "6.8.0-111-generic", kNoble), Expectation::Affected);
  EXPECT_EQ(on(one_slot(), "5.14.0-427.13.1.el9_4.x86_64"), Expectation::Affected);
  for (const char* release :
       {"5.14.0-427.13.1.el9_4.x86_64", "6.3.0-rc7+", "6.4.0-150600.21-default"}) {
    EXPECT_EQ(on(fuse_flush(), release), Expectation::Unknown) << release;
  }
  EXPECT_EQ(on(one_slot(), "4.18.0-553.el8_10.x86_64"), Expectation::Unknown);
}

TEST(Expectation, SaysWhyItIsUnknown) {
  const KernelIdentity rhel = identify_kernel("5.14.0-427.13.1.el9_4.x86_64");
  const Expected expected = expectation_of(pipe_stall(), Variant(), rhel);
  EXPECT_EQ(expected.source, ExpectationSource::Manifest);
  EXPECT_EQ(expected.because, rhel.hint);
  EXPECT_NE(expectation_of(Manifest(), Variant(), rhel).because, rhel.hint);
  EXPECT_EQ(expectation_of(one_slot(), Variant(), rhel).because, "");
}

/// The fix is in 1017.20 of the laptop kernels of base 6.5.0.
Manifest with_vendor_range() {
  Manifest manifest = pipe_stall();
  manifest.vendor_affected = {{"ubuntu", "6.5.0", "laptop", "", "1017.20", "USN-6818-2"}};
  return manifest;
}

Expected on_ubuntu(const Manifest& manifest, const char* signature) {
  return expectation_of(manifest, Variant(), identify_kernel("", "", signature));
}

TEST(Expectation, AVendorRangeDecidesForItsReleases) {
  const Manifest manifest = with_vendor_range();
  for (const char* signature :
       {"Ubuntu 6.5.0-1017.20-laptop 6.5.13", "Ubuntu 6.5.0-1017.20~22.04.1-laptop 6.5.13",
        "Ubuntu 6.5.0-1018.21-laptop 6.5.13"}) {
    const Expected expected = on_ubuntu(manifest, signature);
    EXPECT_EQ(expected,
              (Expected{Expectation::Fixed, ExpectationSource::VendorRange, "USN-6818-2"}))
        << signature;
  }
  for (const char* signature :
       {"Ubuntu 6.5.0-1017.19-laptop 6.5.13", "Ubuntu 6.5.0-1009.12-laptop 6.5.3"}) {
    EXPECT_EQ(on_ubuntu(manifest, signature).value, Expectation::Affected) << signature;
    EXPECT_EQ(on_ubuntu(manifest, signature).source, ExpectationSource::VendorRange) << signature;
  }
}

TEST(Expectation, AVendorRangeSaysNothingOfOtherReleases) {
  const Manifest manifest = with_vendor_range();
  for (const char* signature : {"Ubuntu 6.5.0-41.41-generic 6.5.13",   // another flavour
                                "Ubuntu 6.2.0-1017.20-laptop 6.2.16",  // another base
                                "Ubuntu 6.5.0-1017-laptop 6.5.13",     // which upload is not told
                                "Kubuntu 6.5.0-1017.20-laptop 6.5.13"}) {
    EXPECT_EQ(on_ubuntu(manifest, signature).value, Expectation::Unknown) << signature;
    EXPECT_EQ(on_ubuntu(manifest, signature).source, ExpectationSource::Manifest) << signature;
  }
  EXPECT_EQ(on_ubuntu(manifest, "Ubuntu 6.8.0-1017.20-laptop 6.8.12").value, Expectation::Fixed);
  Manifest unreadable = with_vendor_range();
  unreadable.vendor_affected[0].to = "1017-20";
  EXPECT_EQ(on_ubuntu(unreadable, "Ubuntu 6.5.0-1017.20-laptop 6.5.13").value,
            Expectation::Unknown);
}

TEST(Expectation, AVendorRangeMustBeUsable) {
  const VendorRange sound = {"ubuntu", "6.5.0", "laptop", "", "1017.20", "USN-6818-2"};
  EXPECT_EQ(fault_of(sound), "");
  VendorRange range = sound;
  range.vendor = "Ubuntu";
  EXPECT_NE(fault_of(range), "");
  range = sound;
  range.base = "6.5.0-1017";
  EXPECT_NE(fault_of(range), "");
  range = sound;
  range.to = "1017.20~22.04.1";
  EXPECT_NE(fault_of(range), "");
  range = sound;
  range.source.clear();
  EXPECT_NE(fault_of(range), "");
}

TEST(Expectation, SeveralVendorRangesAreOneStreamEach) {
  Manifest manifest = pipe_stall();
  manifest.vendor_affected = {{"rhel", "5.14.0", "", "70", "70.85.1", "made up"},
                              {"rhel", "5.14.0", "", "284", "284.50.1", "made up"}};
  EXPECT_EQ(on(manifest, "5.14.0-70.85.1.el9_0.x86_64"), Expectation::Fixed);
  EXPECT_EQ(on(manifest, "5.14.0-70.84.1.el9_0.x86_64"), Expectation::Affected);
  EXPECT_EQ(on(manifest, "5.14.0-284.11.1.el9_2.x86_64"), Expectation::Affected);
  EXPECT_EQ(on(manifest, "5.14.0-427.13.1.el9_4.x86_64"), Expectation::Fixed);
  EXPECT_EQ(on(manifest, "5.14.0-69.el9.x86_64"), Expectation::Fixed);
}

TEST(Expectation, WhatIsStatedBeatsARevertWhichBeatsAVendorRange) {
  const Manifest manifest = with_vendor_range();
  const KernelIdentity fixed = identify_kernel("", "", "Ubuntu 6.5.0-1017.20-laptop 6.5.13");
  EXPECT_EQ(expectation_of(manifest, Variant(), fixed).source, ExpectationSource::VendorRange);
  const Expected reverted = expectation_of(manifest, Variant(), fixed, true);
  EXPECT_EQ(reverted.value, Expectation::Affected);
  EXPECT_EQ(reverted.source, ExpectationSource::Reverted);
  const std::pair<StatedWord, Expectation> words[] = {{StatedWord::Fixed, Expectation::Fixed},
                                                      {StatedWord::Affected, Expectation::Affected},
                                                      {StatedWord::Unknown, Expectation::Unknown}};
  for (const auto& [word, value] : words) {
    const StatedExpectation stated{word, "RHEL-37087"};
    EXPECT_EQ(expectation_of(manifest, Variant(), fixed, true, &stated),
              (Expected{value, ExpectationSource::Stated, "RHEL-37087"}));
  }
}

TEST(Expectation, ABoundCanNameALaterCandidate) {
  Manifest manifest;
  manifest.affected = {{"6.6-rc3", "6.8-rc5", ""}};
  EXPECT_EQ(on(manifest, "6.6-rc2"), Expectation::Fixed);
  EXPECT_EQ(on(manifest, "6.6-rc3"), Expectation::Affected);
  EXPECT_EQ(on(manifest, "6.8-rc4"), Expectation::Affected);
  EXPECT_EQ(on(manifest, "6.8-rc5"), Expectation::Fixed);
}

TEST(Expectation, AnEmptyEndIsOpen) {
  Manifest manifest;
  manifest.affected = {{"6.9", "", ""}};
  EXPECT_EQ(on(manifest, "6.8.12"), Expectation::Fixed);
  EXPECT_EQ(on(manifest, "9.0"), Expectation::Affected);
  manifest.affected = {{"", "4.9", ""}};
  EXPECT_EQ(on(manifest, "2.6.12"), Expectation::Affected);
  EXPECT_EQ(on(manifest, "4.9"), Expectation::Fixed);
}

TEST(Expectation, IsUnknownForAnUnknownKernelUnlessEveryKernelIsAffected) {
  EXPECT_EQ(on(backported(), "?"), Expectation::Unknown);
  EXPECT_EQ(on(one_slot(), "?"), Expectation::Unknown);
  Manifest always;
  always.affected = {{"", "", ""}};
  EXPECT_EQ(on(always, "?"), Expectation::Affected);
}

TEST(Expectation, IsUnknownWithoutRangesOrWithOneThatCannotBeRead) {
  EXPECT_EQ(on(Manifest(), "6.8"), Expectation::Unknown);
  Manifest manifest = backported();
  manifest.affected.push_back({"six", "", ""});
  EXPECT_EQ(on(manifest, "6.12"), Expectation::Unknown);
  EXPECT_EQ(on(manifest, "6.2"), Expectation::Affected);
}

/// Fixed in 6.12.115 and 7.2.13; whether 6.18.45 and later 6.18.y have the fix is not known.
Manifest with_unknown_range() {
  Manifest manifest;
  manifest.affected = {{"6.12", "6.12.115", ""},
                       {"6.13", "7.2.13", ""},
                       {.from = "6.18.45", .to = "6.19", .note = "nobody looked", .unknown = true}};
  return manifest;
}

TEST(Expectation, InsideOfAnUnknownRangeIsUnknownWhateverTheOthersSay) {
  const Manifest manifest = with_unknown_range();
  for (const char* release : {"6.18.45", "6.18.45-rc1", "6.18.99"}) {
    EXPECT_EQ(expectation_of(manifest, Variant(), identify_kernel(release)),
              (Expected{Expectation::Unknown, ExpectationSource::Manifest, "nobody looked"}))
        << release;
  }
}

TEST(Expectation, OutsideOfAnUnknownRangeTheOthersDecide) {
  const Manifest manifest = with_unknown_range();
  for (const char* release : {"6.12.114", "6.18.44", "6.19.0-rc1", "7.2.12"}) {
    EXPECT_EQ(on(manifest, release), Expectation::Affected) << release;
  }
  for (const char* release : {"6.11.11", "6.12.115", "7.2.13"}) {
    EXPECT_EQ(on(manifest, release), Expectation::Fixed) << release;
  }
}

TEST(Expectation, AVendorsTreeMayHoldWhatAnUnknownRangeBehindItsBaseIsAbout) {
  Manifest manifest;
  manifest.affected = {{"5.5", "", ""}};
  EXPECT_EQ(on(manifest, "6.12.0-55.9.1.el10_0.x86_64"), Expectation::Affected);
  manifest.affected.push_back({.from = "6.18.45", .to = "6.19", .note = "?", .unknown = true});
  const KernelIdentity rhel = identify_kernel("6.12.0-55.9.1.el10_0.x86_64");
  EXPECT_EQ(expectation_of(manifest, Variant(), rhel),
            (Expected{Expectation::Unknown, ExpectationSource::Manifest, rhel.hint}));
  EXPECT_EQ(on(with_unknown_range(), "7.3.0-0.1.el11.x86_64"), Expectation::Fixed)
      << "behind every range, unknown or not";
}

TEST(Expectation, AVendorRangeAndWhatIsStatedBeatAnUnknownRange) {
  Manifest manifest;
  manifest.affected = {{.from = "", .to = "", .note = "nobody looked", .unknown = true}};
  EXPECT_EQ(on(manifest, "6.18.44"), Expectation::Unknown);
  EXPECT_EQ(on(manifest, "?"), Expectation::Unknown);
  const StatedExpectation stated{StatedWord::Fixed, "I looked"};
  EXPECT_EQ(expectation_of(manifest, Variant(), identify_kernel("6.18.44"), false, &stated).value,
            Expectation::Fixed);
  manifest.vendor_affected = with_vendor_range().vendor_affected;
  EXPECT_EQ(on_ubuntu(manifest, "Ubuntu 6.5.0-1017.19-laptop 6.5.13").value, Expectation::Affected);
}

TEST(Expectation, AnAffectedRangeMustBeUsable) {
  EXPECT_EQ(fault_of(AffectedRange{"6.9", "", ""}), "");
  EXPECT_EQ(fault_of(AffectedRange{"", "6.9-rc2", ""}), "");
  EXPECT_NE(fault_of(AffectedRange{"six", "", ""}), "");
  EXPECT_NE(fault_of(AffectedRange{"7.3-rc1", "7.3", ""}), "") << "7.3 begins with its -rc1";
  EXPECT_NE(fault_of(AffectedRange{"6.9", "6.8", ""}), "");
  AffectedRange unknown{"6.9", "", "nobody looked", true};
  EXPECT_EQ(fault_of(unknown), "");
  unknown.note.clear();
  EXPECT_NE(fault_of(unknown), "");
}

TEST(Expectation, OfAControlDoesNotAskForTheKernel) {
  const std::pair<Expect, Expectation> controls[] = {
      {Expect::Always, Expectation::AlwaysHangs},
      {Expect::Never, Expectation::NeverHangs},
      {Expect::Lookalike, Expectation::Lookalike},
      {Expect::Measure, Expectation::Measures},
  };
  for (const auto& [expect, wanted] : controls) {
    Variant variant;
    variant.expect = expect;
    for (const char* release : {"?", "6.8.0"}) {
      const StatedExpectation stated{StatedWord::Fixed, "reason"};
      EXPECT_EQ(expectation_of(backported(), variant, identify_kernel(release), true, &stated),
                (Expected{wanted, ExpectationSource::Manifest, ""}));
    }
  }
}

}  // namespace
}  // namespace hangrate
