// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/kernel/module_folder.h"

#include <filesystem>

#include "harness/base/file.h"
#include "harness/kernel/archive.h"
#include "harness/kernel/image_identity.h"

namespace hangrate {

namespace {

namespace fs = std::filesystem;

bool holds_modules(const fs::path& folder) {
  std::error_code error;
  return is_file(folder / "modules.dep") || is_file(folder / "modules.builtin") ||
         fs::is_directory(folder / "kernel", error);
}

bool is_module(const fs::path& path) {
  const std::string name = path.filename().string();
  for (const char* end : {".ko", ".ko.xz", ".ko.zst", ".ko.gz"}) {
    if (name.ends_with(end)) return true;
  }
  return false;
}

/// Kbuild has written "kernel/fs/fuse/fuse.ko", "fs/fuse/fuse.ko" and "fs/fuse/fuse.o": -> the
/// second.
std::string built_path(const std::string& tree, std::string line) {
  if (line.ends_with(".o")) line.replace(line.size() - 2, 2, ".ko");
  const std::string prefix = "kernel/";
  const bool older = line.starts_with(prefix) && !is_file(fs::path(tree) / line);
  return older ? line.substr(prefix.size()) : line;
}

std::string some_module(const std::string& folder) {
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (name == "build" || name == "source") at.disable_recursion_pending();
    if (is_module(at->path()) && is_file(at->path())) return at->path().string();
  }
  return {};
}

std::string modules_of(const fs::path& root, const std::string& release) {
  if (!is_build_tree(root) && holds_modules(root)) return root.string();
  for (const char* folder : {"lib/modules", "usr/lib/modules", ""}) {
    const fs::path modules = root / folder / release;
    if (holds_modules(modules)) return modules.string();
  }
  return {};
}

}  // namespace

bool is_build_tree(const std::string& root) {
  return is_file(fs::path(root) / "include/config/kernel.release") ||
         is_file(fs::path(root) / "arch/x86/boot/bzImage") ||
         (is_file(fs::path(root) / "Kbuild") && is_file(fs::path(root) / "Kconfig"));
}

Result<void> check_module(const std::string& module, const std::string& release) {
  const auto theirs = module_release(module);
  if (!theirs) return fail(theirs.error());
  if (theirs->empty() || *theirs == release) return {};
  return fail(Error::usage(module + ": a module of " + *theirs + ", and the kernel is " + release));
}

Result<std::string> modules_below(const std::string& root, const std::string& release) {
  const std::string folder = release.empty() ? "" : modules_of(root, release);
  if (const std::string module = folder.empty() ? "" : some_module(folder); !module.empty()) {
    HR_TRY(check_module(module, release));
  }
  return folder;
}

Result<std::vector<std::string>> built_modules(const std::string& tree) {
  std::vector<std::string> modules;
  for (const std::string& line : split(read_file(tree + "/modules.order").value_or(""), '\n')) {
    if (line.empty()) continue;
    if (line.front() == '/' || leads_out(line)) {
      return fail(
          Error::usage(tree + "/modules.order: a path that leads out of the tree: " + line));
    }
    const std::string path = built_path(tree, line);
    if (is_module(path) && is_file(fs::path(tree) / path)) modules.push_back(path);
  }
  return modules;
}

Result<std::string> link_modules(const std::string& tree, const std::vector<std::string>& modules,
                                 const std::string& release, const std::string& folder) {
  const fs::path own = fs::path(folder) / "lib/modules" / release;
  std::error_code error;
  fs::create_directories(own, error);
  for (const char* list : {"modules.builtin", "modules.builtin.modinfo", "modules.order"}) {
    const fs::path path = fs::path(tree) / list;
    if (is_file(path)) fs::copy_file(path, own / list, error);
  }
  for (const std::string& module : modules) {
    const fs::path link = own / "kernel" / module;
    fs::create_directories(link.parent_path(), error);
    fs::create_symlink(fs::path(tree) / module, link, error);
    if (error) return fail(Error::infrastructure(link.string() + ": " + error.message()));
  }
  return own.string();
}

}  // namespace hangrate
