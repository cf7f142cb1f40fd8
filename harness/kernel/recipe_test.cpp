// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/kernel/recipe.h"

#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/base/file.h"
#include "harness/kernel/recipe_build.h"
#include "harness/sys/program.h"
#include "harness/testing/packages.h"

namespace hangrate {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kRecipe = R"({
  "schema": 1, "label": "{version} + patch", "build_note": "+ patch", "reverted": ["some_stall"],
  "source": {"package": "linux-source-6.1", "suite": "bookworm"},
  "patches": [{"file": "a.cocci", "changes": ["fs/a.c"]}],
  "config": "fragment", "essential": ["CONFIG_SMP"]})";

TEST(Recipe, SaysWhatToBuildFromWhat) {
  const auto recipe = recipe_from_json(kRecipe);
  ASSERT_TRUE(recipe) << recipe.error().what();
  EXPECT_EQ(recipe->label_for("6.1.192"), "6.1.192 + patch");
  EXPECT_EQ(recipe->package, "linux-source-6.1");
  EXPECT_THAT(recipe->reverted, ElementsAre("some_stall"));
  EXPECT_THAT(recipe->patches.front().changes, ElementsAre("fs/a.c"));
}

TEST(Recipe, OneThatLacksSomethingNamesTheField) {
  for (const char* field : {"label", "source", "config"}) {
    std::string text = kRecipe;
    text.replace(text.find("\"" + std::string(field) + "\""), std::string(field).size() + 2,
                 "\"x\"");
    const auto recipe = recipe_from_json(text);
    ASSERT_FALSE(recipe) << field;
    EXPECT_THAT(recipe.error().what(), HasSubstr(field));
    EXPECT_EQ(recipe.error().kind(), ErrorKind::Usage);
  }
  for (
      const char* text :
      {"", "[]", "{}", R"({"schema": 2})",
       R"({"schema":1,"label":"x","config":"c","source":{"package":"p","suite":"s"},"patches":[1]})",
       R"({"schema":1,"label":"x","config":"c","source":[],"essential":3})"}) {
    EXPECT_FALSE(recipe_from_json(text)) << text;
  }
}

TEST(Recipe, EveryOneOfOursIsWhole) {
  ::setenv("HANGRATE_RECIPES", HANGRATE_SOURCE_DIR "/ci/kernels", 1);
  int seen = 0;
  for (const auto& entry : fs::directory_iterator(recipe_folder())) {
    if (!fs::exists(entry.path() / "recipe.json")) continue;
    const auto recipe = load_recipe(entry.path().filename().string());
    ASSERT_TRUE(recipe) << recipe.error().what();
    EXPECT_FALSE(recipe->patches.empty() || recipe->essential.empty()) << recipe->name;
    for (const std::string& name : recipe->reverted) {
      EXPECT_TRUE(fs::exists(HANGRATE_SOURCE_DIR "/repros/" + name)) << name;
    }
    const std::string fragment = read_file(recipe->path_of(recipe->config)).value_or("");
    for (const std::string& symbol : recipe->essential) {
      EXPECT_THAT(fragment, HasSubstr("\n" + symbol + "=")) << recipe->name;
    }
    ++seen;
  }
  EXPECT_GE(seen, 2);
  const auto unknown = load_recipe("no-such-recipe");
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().what(),
              HasSubstr("there are: 6.1-p9-interruptible, 6.1-pipe-stall, 6.12"));
  ::unsetenv("HANGRATE_RECIPES");
}

TEST(Recipe, ItsHashChangesWithAnyFileItNames) {
  const testing::TempFolder folder;
  testing::write_file(folder / "r/recipe.json", kRecipe);
  testing::write_file(folder / "r/fragment", "CONFIG_SMP=y\n");
  EXPECT_FALSE(load_recipe(folder / "r"));  // a.cocci is missing
  testing::write_file(folder / "r/a.cocci", "@@ @@\n");
  const auto first = load_recipe(folder / "r");
  ASSERT_TRUE(first) << first.error().what();
  EXPECT_EQ(first->name, "r");
  EXPECT_EQ(load_recipe(folder / "r/")->inputs, first->inputs);
  testing::write_file(folder / "r/a.cocci", "@@ @@ \n");
  EXPECT_NE(load_recipe(folder / "r")->inputs, first->inputs);
}

TEST(Recipe, TellsWhichSymbolsDidNotStick) {
  const auto mismatches = config_mismatches(
      "# a comment\nCONFIG_A=y\nCONFIG_B=y\nCONFIG_C=n\nCONFIG_D=n\n# CONFIG_E is not "
      "set\nCONFIG_F=-1\nCONFIG_G=\"\"\n",
      "CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_D=y\nCONFIG_E=m\nCONFIG_F=-1\nCONFIG_G=\"\"\n");
  std::string text;
  for (const ConfigMismatch& m : mismatches) text += m.symbol + ":" + m.wanted + "/" + m.got + " ";
  EXPECT_EQ(text, "CONFIG_B:y/n CONFIG_D:n/y CONFIG_E:n/m ");
}

TEST(Recipe, APatchThatMatchesNothingIsAnError) {
  if (find_program("spatch").empty()) GTEST_SKIP() << "no spatch here";
  const testing::TempFolder folder;
  testing::write_file(folder / "fs/a.c", "int f(void)\n{\n\treturn old_name();\n}\n");
  testing::write_file(folder / "a.cocci", "@@ @@\n-old_name()\n+new_name()\n");
  auto recipe = recipe_from_json(kRecipe);
  ASSERT_TRUE(recipe);
  recipe->folder = folder.path();
  const auto first = apply_patches(*recipe, folder.path(), folder / "log");
  ASSERT_TRUE(first) << first.error().what();
  EXPECT_THAT(read_file(folder / "fs/a.c").value_or(""), HasSubstr("return new_name();"));
  const auto second = apply_patches(*recipe, folder.path(), folder / "log");
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().what(), HasSubstr("a.cocci matches nothing in fs/a.c"));
}

}  // namespace
}  // namespace hangrate
