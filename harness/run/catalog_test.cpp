// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/run/catalog.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "harness/base/output.h"
#include "harness/testing/command.h"

namespace hangrate {
namespace {

namespace fs = std::filesystem;

constexpr const char* kManifest = R"({"name": "mine", "title": "t", "variants": [
  {"name": "a", "summary": "s", "expect": "never"}, {"name": "b", "summary": "s", "expect": "never"}]})";

class Catalog : public ::testing::Test {
 protected:
  void put(const std::string& path, const std::string& text, bool program = false) {
    fs::create_directories(fs::path(folder_ / path).parent_path());
    ASSERT_TRUE(write_file_atomically(folder_ / path, text));
    if (program) fs::permissions(folder_ / path, fs::perms::owner_all);
  }
  void put_mine() {
    put("all/mine/repro.json", kManifest);
    put("all/mine/mine", "#!/bin/sh\n", true);
  }
  testing::TempFolder folder_;
};

TEST_F(Catalog, FindsAFolderWithProgramAndManifest) {
  put_mine();
  const auto all = load_catalog(folder_ / "all", nullptr);
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 1u);
  EXPECT_EQ(all->front().executable, folder_ / "all/mine/mine");
  EXPECT_EQ(all->front().manifest.variants.size(), 2u);
}

TEST_F(Catalog, TellsOfAManifestThatIsWrongAndGoesOn) {
  put_mine();
  put("all/wrong/repro.json", R"({"name": "wrong", "titel": "t"})");
  std::vector<std::string> complaints;
  const auto all = load_catalog(folder_ / "all", &complaints);
  ASSERT_TRUE(all);
  EXPECT_EQ(all->size(), 1u);
  ASSERT_EQ(complaints.size(), 1u);
  EXPECT_NE(complaints[0].find("wrong/repro.json"), std::string::npos) << complaints[0];
  EXPECT_NE(complaints[0].find("titel"), std::string::npos) << complaints[0];
}

TEST_F(Catalog, RefusesAManifestWithoutItsProgram) {
  put("all/mine/repro.json", kManifest);
  const auto entry = load_reproducer(folder_ / "all/mine");
  ASSERT_FALSE(entry);
  EXPECT_EQ(entry.error().kind(), ErrorKind::Usage);
}

TEST_F(Catalog, AdoptsWhatAPathSelectsInPlaceOfItsName) {
  put_mine();
  std::vector<CatalogEntry> catalog(1);
  catalog[0].manifest.name = "mine";
  for (const auto& [path, name] : {std::pair{"all/mine", "mine"},
                                   {"all/mine/", "mine"},
                                   {"all/mine/mine", "mine"},
                                   {"all/mine/b", "mine/b"},
                                   {"all/mine/mine/b", "mine/b"}}) {
    const auto adopted = adopt(folder_ / path, catalog);
    ASSERT_TRUE(adopted) << path << ": " << adopted.error().what();
    EXPECT_EQ(*adopted, name) << path;
    ASSERT_EQ(catalog.size(), 1u);
    EXPECT_EQ(catalog[0].executable, folder_ / "all/mine/mine");
  }
}

TEST_F(Catalog, APathThatSelectsNothingIsAUsageError) {
  std::vector<CatalogEntry> catalog;
  for (const char* path : {"nowhere", "nowhere/a", "nowhere/at/all"}) {
    const auto adopted = adopt(folder_ / path, catalog);
    ASSERT_FALSE(adopted) << path;
    EXPECT_EQ(adopted.error().kind(), ErrorKind::Usage);
  }
  EXPECT_TRUE(catalog.empty());
}

TEST(IsPath, NamesAreNone) {
  EXPECT_TRUE(is_path("./mine"));
  EXPECT_TRUE(is_path("../mine/a"));
  EXPECT_TRUE(is_path("/mine"));
  EXPECT_FALSE(is_path("mine"));
  EXPECT_FALSE(is_path("mine/a"));
}

}  // namespace
}  // namespace hangrate
