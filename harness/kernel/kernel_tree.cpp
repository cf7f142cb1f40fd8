// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/kernel/kernel_tree.h"

#include <filesystem>

#include "harness/base/file.h"
#include "harness/kernel/image_identity.h"
#include "harness/kernel/kernel_candidates.h"
#include "harness/kernel/module_folder.h"
#include "harness/sys/program.h"

namespace hangrate {

namespace {

namespace fs = std::filesystem;

std::string config_of(const GuestKernel& kernel, const fs::path& root) {
  for (const fs::path& path : {root / "boot" / ("config-" + kernel.release),
                               fs::path(kernel.modules) / "config", root / "config"}) {
    if (is_file(path)) return path.string();
  }
  return {};
}

/// What was configured last may not be what the image was built from.
Result<void> check_tree_release(const std::string& tree, const std::string& release) {
  const std::string configured = first_line(tree + "/include/config/kernel.release");
  if (configured.empty() || release.empty() || configured == release) return {};
  return fail(Error::usage(tree + ": arch/x86/boot/bzImage is " + release +
                           ", and the tree is configured as " + configured +
                           ": build it anew (make bzImage modules)"));
}

Result<GuestKernel> built_kernel(const TreeQuery& query) {
  const std::string image = query.root + "/arch/x86/boot/bzImage";
  if (!is_file(image)) {
    return fail(Error::usage(query.root +
                             ": a kernel tree without arch/x86/boot/bzImage: build it (make "
                             "bzImage modules)"));
  }
  const auto identity = identify_image(image);
  if (!identity) return fail(identity.error());
  if (!query.release.empty() && query.release != identity->release) {
    return fail(Error::usage(query.root + ": no kernel " + query.release +
                             " in it; there is: " + identity->release + " (" + image + ")"));
  }
  HR_TRY(check_tree_release(query.root, identity->release));
  GuestKernel kernel;
  kernel.release = identity->release;
  kernel.image = image;
  kernel.config = is_file(query.root + "/.config") ? query.root + "/.config" : "";
  const auto modules = modules_below(query.root, kernel.release);
  if (!modules) return fail(modules.error());
  kernel.modules = *modules;
  return kernel;
}

}  // namespace

Result<GuestKernel> find_kernel(const TreeQuery& query) {
  std::error_code error;
  if (!fs::is_directory(query.root, error)) {
    return fail(Error::usage(query.root + ": no such folder"));
  }
  if (is_build_tree(query.root)) return built_kernel(query);
  const auto chosen =
      choose_kernel(kernels_below(query.root), query.root, query.release, query.how_to_say);
  if (!chosen) return fail(chosen.error());
  GuestKernel kernel;
  kernel.release = chosen->release;
  kernel.image = chosen->image;
  const auto modules = modules_below(query.root, kernel.release);
  if (!modules) return fail(modules.error());
  kernel.modules = *modules;
  kernel.config = config_of(kernel, query.root);
  return kernel;
}

Result<void> make_modules_dep(const GuestKernel& kernel, const std::string& root,
                              const std::string& log) {
  if (kernel.modules.empty() || is_file(fs::path(kernel.modules) / "modules.dep")) return {};
  if (find_program("depmod").empty()) {
    return fail(Error::infrastructure("depmod is missing: apt-get install kmod"));
  }
  // Which of the two folders depmod looks into was decided when it was compiled.
  std::error_code error;
  fs::create_directories(fs::path(root) / "usr", error);
  if (!fs::exists(fs::path(root) / "usr/lib", error)) {
    fs::create_directory_symlink("../lib", fs::path(root) / "usr/lib", error);
  }
  HR_TRY(run_program({.argv = {"depmod", "-b", root, kernel.release}, .log = log}));
  if (is_file(fs::path(kernel.modules) / "modules.dep")) return {};
  return fail(Error::infrastructure("depmod made no modules.dep in " + kernel.modules));
}

Result<GuestKernel> make_tree_modules(const GuestKernel& kernel, const std::string& tree,
                                      const std::string& folder, const std::string& log) {
  const auto modules = built_modules(tree);
  if (!modules) return fail(modules.error());
  auto linked = link_modules(tree, *modules, kernel.release, folder);
  if (!linked) return fail(linked.error());
  GuestKernel made = kernel;
  made.modules = std::move(*linked);
  if (!modules->empty()) HR_TRY(check_module(tree + "/" + modules->front(), kernel.release));
  HR_TRY(make_modules_dep(made, folder, log));
  return made;
}

Result<GuestKernel> borrow_modules(const GuestKernel& kernel, const std::string& folder,
                                   const std::string& log) {
  const fs::path own = fs::path(folder) / "lib/modules" / kernel.release;
  std::error_code error;
  fs::create_directories(own, error);
  for (const auto& entry : fs::directory_iterator(kernel.modules, error)) {
    const fs::path name = entry.path().filename();
    if (name == "build" || name == "source") continue;
    fs::create_symlink(fs::absolute(entry.path()), own / name, error);
  }
  if (error) return fail(Error::infrastructure(own.string() + ": " + error.message()));
  GuestKernel borrowed = kernel;
  borrowed.modules = own.string();
  HR_TRY(make_modules_dep(borrowed, folder, log));
  return borrowed;
}

}  // namespace hangrate
