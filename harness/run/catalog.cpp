// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/run/catalog.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include <unistd.h>

#include "harness/base/file.h"
#include "harness/base/input.h"
#include "harness/judge/expectation.h"
#include "harness/model/manifest_check.h"
#include "harness/run/command_manifest.h"

namespace hangrate {

namespace {

namespace fs = std::filesystem;

constexpr const char* kManifestFile = "repro.json";
constexpr std::size_t kLongestManifest = 1u << 20;

std::string fault_of_ranges(const Manifest& manifest) {
  for (const VendorRange& range : manifest.vendor_affected) {
    if (std::string fault = fault_of(range); !fault.empty()) return "vendor_affected: " + fault;
  }
  for (const AffectedRange& range : manifest.affected) {
    if (std::string fault = fault_of(range); !fault.empty()) return "affected: " + fault;
  }
  return "";
}

/// The folder and the variant that a path selects: itself, the folder of a program, or either of
/// them with a variant behind.
std::pair<fs::path, std::string> folder_and_variant(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return {path, ""};
  if (fs::exists(path, error)) return {path.parent_path(), ""};
  const fs::path parent = path.parent_path();
  const std::string variant = path.filename().string();
  if (fs::is_directory(parent, error)) return {parent, variant};
  return {parent.parent_path(), variant};
}

}  // namespace

Result<CatalogEntry> load_reproducer(const std::string& folder) {
  const std::string path = folder + "/" + kManifestFile;
  const auto text = read_input(path, kLongestManifest);
  if (!text) return fail(text.error());
  auto manifest = read_manifest(*text);
  if (!manifest) return fail(manifest.error().context(path));
  if (const std::string fault = fault_of_ranges(*manifest); !fault.empty()) {
    return fail(Error::usage(path + ": " + fault));
  }
  if (!manifest->exec.empty()) {
    complete_command(*manifest, folder);
    return CatalogEntry{command_runner(), std::move(*manifest)};
  }
  const std::string program = fs::absolute(folder).lexically_normal() / manifest->name;
  if (!is_file(program) || ::access(program.c_str(), X_OK) != 0) {
    return fail(Error::usage(path + ": its program " + program +
                             " is not there: build it, for example with c++ -O2 -pthread"));
  }
  return CatalogEntry{program, std::move(*manifest)};
}

std::string manifest_beside(const std::string& executable) {
  return (fs::path(executable).parent_path() / kManifestFile).string();
}

bool is_path(const std::string& selector) {
  return selector.starts_with('.') || selector.starts_with('/');
}

Result<std::string> adopt(const std::string& selector, std::vector<CatalogEntry>& catalog) {
  const auto [folder, variant] = folder_and_variant(selector);
  auto entry = load_reproducer(folder.string());
  if (!entry) return fail(entry.error());
  const std::string name = entry->manifest.name;
  std::erase_if(catalog, [&](const CatalogEntry& other) { return other.manifest.name == name; });
  catalog.push_back(std::move(*entry));
  return variant.empty() ? name : name + "/" + variant;
}

Result<std::vector<CatalogEntry>> load_catalog(const std::string& folder,
                                               std::vector<std::string>* complaints) {
  std::error_code error;
  fs::directory_iterator files(folder, error);
  if (error) {
    return fail(Error::usage("no reproducers in " + folder + " (" + error.message() +
                             "): give --repro-dir DIR or set HANGRATE_REPRO_DIR"));
  }
  std::vector<CatalogEntry> entries;
  for (const fs::directory_entry& file : files) {
    const std::string path = fs::absolute(file.path()).string();
    if (!fs::exists(file.path() / kManifestFile, error)) continue;
    auto entry = load_reproducer(path);
    std::string complaint;
    if (!entry) {
      complaint = entry.error().what();
    } else if (entry->manifest.name != file.path().filename()) {
      complaint = path + ": its manifest calls it " + entry->manifest.name;
    } else {
      entries.push_back(std::move(*entry));
    }
    if (!complaint.empty() && complaints != nullptr) complaints->push_back(complaint);
  }
  std::sort(entries.begin(), entries.end(), [](const CatalogEntry& a, const CatalogEntry& b) {
    return a.manifest.name < b.manifest.name;
  });
  return entries;
}

std::string catalog_folder(const std::string& override_path) {
  if (!override_path.empty()) return override_path;
  if (const char* folder = std::getenv("HANGRATE_REPRO_DIR"); folder != nullptr) return folder;
  return own_programs();
}

std::string own_programs() {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  return (self.parent_path().parent_path() / "libexec" / "hangrate").string();
}

}  // namespace hangrate
