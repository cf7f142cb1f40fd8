// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/kernel/recipe.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "harness/base/file.h"
#include "harness/base/input.h"
#include "harness/kernel/sha256.h"
#include "harness/model/json.h"

namespace hangrate {

namespace {

namespace fs = std::filesystem;

constexpr const char* kNotSet = " is not set";

/// Reads fields and remembers the first that is missing or of the wrong type.
class Fields {
 public:
  explicit Fields(const Json& json) : json_(json) {}

  std::string text(const char* name, bool needed = true) {
    const auto found = json_.find(name);
    if (found != json_.end() && found->is_string()) return found->get<std::string>();
    if (needed || found != json_.end()) complain(name);
    return {};
  }
  std::vector<std::string> texts(const char* name) {
    std::vector<std::string> all;
    const auto found = json_.find(name);
    if (found == json_.end()) return all;
    if (!found->is_array()) complain(name);
    for (const Json& item : *found) {
      if (item.is_string()) {
        all.push_back(item.get<std::string>());
      } else {
        complain(name);
      }
    }
    return all;
  }
  void complain(const std::string& name) {
    if (wrong_.empty()) wrong_ = name;
  }
  const std::string& wrong() const { return wrong_; }

 private:
  const Json& json_;
  std::string wrong_;
};

/// Symbol -> value of a configuration, "n" for those it says are not set.
std::map<std::string, std::string> symbols_of(const std::string& text) {
  std::map<std::string, std::string> symbols;
  for (const std::string& raw : split(text, '\n')) {
    const std::string line = trimmed(raw);
    const std::size_t equals = line.find('=');
    if (line.starts_with("CONFIG_") && equals != std::string::npos) {
      symbols[line.substr(0, equals)] = line.substr(equals + 1);
    } else if (line.starts_with("# CONFIG_") && line.ends_with(kNotSet)) {
      symbols[line.substr(2, line.find(' ', 2) - 2)] = "n";
    }
  }
  return symbols;
}

std::string names_of_recipes(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (fs::exists(entry.path() / "recipe.json", error)) {
      names.push_back(entry.path().filename().string());
    }
  }
  std::sort(names.begin(), names.end());
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
  return all.empty() ? "none in " + folder : all;
}

}  // namespace

std::string Recipe::label_for(const std::string& version) const {
  constexpr std::string_view kVersion = "{version}";
  std::string text = label;
  const std::size_t at = text.find(kVersion);
  return at == text.npos ? text : text.replace(at, kVersion.size(), version);
}

Result<Recipe> recipe_from_json(const std::string& text) {
  const auto json = parse_json(text);
  if (!json) return fail(json.error().as(ErrorKind::Usage));
  if (!json->is_object() || json->value("schema", Json()) != Json(1)) {
    return fail(Error::usage("no recipe of schema 1"));
  }
  Recipe recipe;
  Fields fields(*json);
  recipe.label = fields.text("label");
  recipe.build_note = fields.text("build_note", false);
  recipe.reverted = fields.texts("reverted");
  recipe.config = fields.text("config");
  recipe.essential = fields.texts("essential");
  std::string wrong = fields.wrong();
  const Json source_json = json->value("source", Json());
  Fields source(source_json);
  recipe.package = source_json.is_object() ? source.text("package") : "";
  recipe.suite = source_json.is_object() ? source.text("suite") : "";
  if (wrong.empty() && (recipe.package.empty() || recipe.suite.empty())) wrong = "source";
  const Json patches = json->value("patches", Json::array());
  for (const Json& patch_json : patches) {
    Fields patch(patch_json);
    const bool good = patch_json.is_object();
    recipe.patches.push_back({good ? patch.text("file") : "",
                              good ? patch.texts("changes") : std::vector<std::string>()});
    const RecipePatch& added = recipe.patches.back();
    if (wrong.empty() && (added.file.empty() || added.changes.empty())) wrong = "patches";
  }
  if (!wrong.empty()) return fail(Error::usage("field \"" + wrong + "\" is missing or wrong"));
  return recipe;
}

std::string recipe_folder() {
  if (const char* folder = std::getenv("HANGRATE_RECIPES"); folder != nullptr) return folder;
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  const fs::path installed = self.parent_path().parent_path() / HANGRATE_INSTALLED_RECIPES;
  return fs::is_directory(installed, error) ? installed.string() : HANGRATE_RECIPES;
}

Result<Recipe> load_recipe(const std::string& name) {
  const bool is_path = name.find('/') != std::string::npos;
  const std::string all = recipe_folder();
  std::error_code error;
  fs::path folder = fs::absolute(is_path ? name : all + "/" + name, error).lexically_normal();
  if (folder.filename().empty()) folder = folder.parent_path();
  const auto text = read_file((folder / "recipe.json").string());
  if (!text) {
    return fail(Error::usage(is_path
                                 ? name + ": no recipe.json there"
                                 : "no recipe " + name + "; there are: " + names_of_recipes(all)));
  }
  auto recipe = recipe_from_json(*text);
  if (!recipe) return fail(recipe.error().context((folder / "recipe.json").string()));
  recipe->name = folder.filename().string();
  recipe->folder = folder.string();
  std::vector<std::string> files = {recipe->config};
  for (const RecipePatch& patch : recipe->patches) files.push_back(patch.file);
  std::string inputs = sha256(*text);
  for (const std::string& file : files) {
    const auto content = read_input(recipe->path_of(file));
    if (!content) return fail(content.error());
    inputs += sha256(*content);
  }
  recipe->inputs = sha256(inputs);
  return recipe;
}

std::vector<ConfigMismatch> config_mismatches(const std::string& fragment,
                                              const std::string& config) {
  const auto has = symbols_of(config);
  std::vector<ConfigMismatch> mismatches;
  for (const auto& [symbol, wanted] : symbols_of(fragment)) {
    const auto found = has.find(symbol);
    const std::string got = found == has.end() ? "n" : found->second;
    if (got != wanted) mismatches.push_back({symbol, wanted, got});
  }
  return mismatches;
}

}  // namespace hangrate
