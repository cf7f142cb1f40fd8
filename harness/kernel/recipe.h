// SPDX-License-Identifier: GPL-2.0-or-later
//
// Recipe: how to build a kernel that no distribution packages (ci/kernels/NAME/recipe.json). Pure
// but for load_recipe() and recipe_folder(), which read files.
#pragma once

#include <string>
#include <vector>

#include "harness/base/error.h"

namespace hangrate {

struct RecipePatch {
  std::string file;                  ///< a semantic patch, relative to the recipe's folder
  std::vector<std::string> changes;  ///< files of the kernel it must change
};

struct Recipe {
  std::string name;
  std::string folder;
  std::string label;       ///< with {version} for the kernel's release
  std::string build_note;  ///< "+ revert ..."
  std::vector<std::string> reverted;
  std::string package;  ///< linux-source-6.1
  std::string suite;    ///< where it is found
  std::vector<RecipePatch> patches;
  std::string config;                  ///< a fragment over tinyconfig, relative
  std::vector<std::string> essential;  ///< symbols of it without which the kernel is of no use
  std::string inputs;                  ///< hash of recipe.json and of the files it names

  std::string path_of(const std::string& file) const { return folder + "/" + file; }
  std::string label_for(const std::string& version) const;
};

Result<Recipe> recipe_from_json(const std::string& text);

/// The recipe `name`, or the one in the folder `name` if that has a slash in it. A usage error
/// names those there are.
Result<Recipe> load_recipe(const std::string& name);

/// $HANGRATE_RECIPES, else share/hangrate/kernels of this installation, else the source tree.
std::string recipe_folder();

/// A line of a configuration fragment that the configuration does not fulfil.
struct ConfigMismatch {
  std::string symbol;
  std::string wanted;
  std::string got;
};
std::vector<ConfigMismatch> config_mismatches(const std::string& fragment,
                                              const std::string& config);

}  // namespace hangrate
