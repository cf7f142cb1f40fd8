// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdlib>
#include <filesystem>

#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "harness/kernel/archive.h"
#include "harness/kernel/image_identity.h"
#include "harness/kernel/kernel_tree.h"
#include "harness/kernel/module_folder.h"
#include "harness/kernel/provide_parts.h"
#include "harness/kernel/sha256.h"
#include "harness/sys/program.h"

namespace hangrate {

namespace {

namespace fs = std::filesystem;

std::string absolute(const std::string& path) {
  std::error_code error;
  std::string text = fs::absolute(path, error).lexically_normal().string();
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

GuestKernel native_kernel() {
  utsname names{};
  ::uname(&names);
  GuestKernel kernel;
  kernel.spec = "native";
  kernel.release = names.release;
  kernel.label = kernel.release + " (this machine)";
  kernel.native = true;
  return kernel;
}

/// A user-mode kernel tells its release itself. Debian keeps its modules in ../lib/uml/modules.
Result<GuestKernel> user_mode_kernel(const KernelSpec& spec) {
  GuestKernel kernel;
  kernel.image = absolute(spec.paths.front());
  if (::access(kernel.image.c_str(), R_OK | X_OK) != 0) {
    return fail(Error::from_errno("access(" + kernel.image + ")").as(ErrorKind::Usage));
  }
  std::string said;
  const auto ran = run_program({.argv = {kernel.image, "--version"},
                                .log = "/dev/null",
                                .output = &said,
                                .limit = 10 * kSecond});
  kernel.release = said.substr(0, said.find('\n'));
  const bool plausible =
      !kernel.release.empty() && kernel.release.find_first_not_of(
                                     "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "0123456789.+~_-") == std::string::npos;
  if (!ran || !plausible) {
    return fail(Error::usage(kernel.image +
                             " is no user-mode kernel: it does not tell its release when called "
                             "with --version"));
  }
  kernel.label = kernel.release + " (user-mode)";
  kernel.user_mode = true;
  const fs::path modules =
      fs::path(kernel.image).parent_path().parent_path() / "lib/uml/modules" / kernel.release;
  std::error_code error;
  if (fs::exists(modules / "modules.dep", error)) kernel.modules = modules.string();
  return kernel;
}

std::string stamp_of(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return path;
  return path + " " + std::to_string(info.st_ino) + " " + std::to_string(info.st_size) + " " +
         std::to_string(info.st_mtim.tv_sec) + "." + std::to_string(info.st_mtim.tv_nsec) + "\n";
}

/// `kernel` with a folder of modules that `make` fills in the cache, for what must not be written
/// to.
Result<GuestKernel> with_made_modules(
    const GuestKernel& kernel, const KernelOptions& options, const std::string& stamps,
    const std::function<Result<GuestKernel>(const std::string& folder, const std::string& log)>&
        make) {
  const auto cache = KernelCache::open(options.cache);
  if (!cache) return fail(cache.error());
  const std::string inputs = sha256(stamps + kernel.image);
  const auto entry =
      cache->get("dir-" + kernel.release + "-" + inputs.substr(0, 12), say_of(options),
                 [&](const std::string& folder, const std::string& log) -> Result<CacheEntry> {
                   auto made = make(folder, log);
                   if (!made) return fail(made.error());
                   made->spec = kernel.spec;
                   return CacheEntry{.kernel = std::move(*made), .version = "", .inputs = inputs};
                 });
  if (!entry) return fail(entry.error());
  GuestKernel whole = kernel;
  whole.modules = entry->kernel.modules;
  whole.hold = entry->kernel.hold;
  return whole;
}

/// Modules without modules.dep get one in the cache.
Result<GuestKernel> with_modules_dep(const GuestKernel& kernel, const KernelOptions& options) {
  std::error_code error;
  if (kernel.modules.empty() || fs::exists(kernel.modules + "/modules.dep", error)) return kernel;
  return with_made_modules(kernel, options, stamp_of(kernel.modules),
                           [&](const std::string& folder, const std::string& log) {
                             return borrow_modules(kernel, folder, log);
                           });
}

/// Those that were built in a tree and installed nowhere.
Result<GuestKernel> with_tree_modules(const GuestKernel& kernel, const std::string& tree,
                                      const KernelOptions& options) {
  const auto modules = built_modules(tree);
  if (!modules) return fail(modules.error());
  if (modules->empty()) {
    if (options.notice) {
      options.notice(tree + ": no modules were built in it (make modules), or it needs none");
    }
    return kernel;
  }
  std::string stamps;
  for (const std::string& module : *modules) stamps += stamp_of((fs::path(tree) / module).string());
  return with_made_modules(kernel, options, stamps,
                           [&](const std::string& folder, const std::string& log) {
                             return make_tree_modules(kernel, tree, folder, log);
                           });
}

Result<GuestKernel> with_given_modules(GuestKernel kernel, const std::string& given,
                                       const KernelOptions& options) {
  if (kernel.release.empty()) {
    return fail(Error::usage(kernel.image +
                             ": it does not tell its release, so that no modules can be matched"));
  }
  const auto folder = modules_below(given, kernel.release);
  if (!folder) return fail(folder.error());
  kernel.modules = *folder;
  if (!kernel.modules.empty()) return with_modules_dep(kernel, options);
  if (is_build_tree(given)) return with_tree_modules(kernel, given, options);
  return fail(Error::usage(given + ": no modules of " + kernel.release +
                           " in it (neither modules.dep, kernel/, " + kernel.release +
                           "/ nor lib/modules/" + kernel.release + "/)"));
}

Result<GuestKernel> image_kernel(const KernelSpec& spec, const KernelOptions& options) {
  GuestKernel kernel;
  kernel.spec = spec.text;
  kernel.image = absolute(spec.paths.front());
  auto identity = identify_image(kernel.image);
  if (!identity) return fail(identity.error());
  kernel.release = std::move(identity->release);
  kernel.build_id = std::move(identity->build_id);
  const std::string name = fs::path(kernel.image).filename().string();
  kernel.label = kernel.release.empty() ? name : kernel.release + " (" + name + ")";
  if (spec.modules.empty()) return kernel;
  return with_given_modules(std::move(kernel), absolute(spec.modules), options);
}

Result<GuestKernel> tree_kernel(const KernelSpec& spec, const KernelOptions& options) {
  const std::string root = absolute(spec.paths.front());
  auto kernel = find_kernel(
      {.root = root,
       .release = spec.release,
       .how_to_say = "choose one: dir:" + root + "=RELEASE, or image:PATH,modules=DIR"});
  if (!kernel) return kernel;
  kernel->spec = spec.text;
  kernel->label =
      (kernel->release.empty() ? "release unknown" : kernel->release) + " (" + root + ")";
  if (kernel->modules.empty() && is_build_tree(root)) {
    return with_tree_modules(*kernel, root, options);
  }
  return with_modules_dep(*kernel, options);
}

Result<GuestKernel> provide(const KernelSpec& spec, const KernelOptions& given) {
  KernelOptions options = given;
  if (options.cache.empty()) options.cache = default_kernel_cache();
  options.cache = absolute(options.cache);
  if (spec.form == SpecForm::Native) return native_kernel();
  if (spec.form == SpecForm::Image) return image_kernel(spec, options);
  if (spec.form == SpecForm::Tree) return tree_kernel(spec, options);
  if (spec.form == SpecForm::UserMode) return user_mode_kernel(spec);
  const auto cache = KernelCache::open(options.cache);
  if (!cache) return fail(cache.error());
  if (spec.form == SpecForm::Packages) return provide_packages(spec, *cache, options);
  if (spec.form == SpecForm::Debian) return provide_debian(spec, *cache, options);
  return provide_recipe(spec, *cache, options);
}

}  // namespace

std::string default_kernel_cache() {
  const auto from = [](const char* variable) {
    const char* value = std::getenv(variable);
    return std::string(value != nullptr ? value : "");
  };
  if (std::string own = from("HANGRATE_CACHE"); !own.empty()) return own;
  if (const std::string base = from("XDG_CACHE_HOME"); !base.empty()) return base + "/hangrate";
  const std::string home = from("HOME");
  return (home.empty() ? "/var/tmp" : home + "/.cache") + "/hangrate";
}

namespace {

/// What is said of a temporary folder, said of the packages that were unpacked there: it is gone
/// before anybody reads it.
Error of_packages(const Error& error, const std::string& folder,
                  const std::vector<std::string>& files) {
  const std::string names = files.front() + (files.size() > 1 ? ", ..." : "");
  std::string text = error.what();
  for (std::size_t at = text.find(folder); at != text.npos; at = text.find(folder, at)) {
    const bool inside = text.compare(at + folder.size(), 1, "/") == 0;
    text.replace(at, folder.size() + (inside ? 1 : 0), names + (inside ? ": " : ""));
    at += names.size();
  }
  return {error.kind(), text};
}

Result<GuestKernel> unpacked_kernel(const std::string& folder, const std::string& log) {
  auto kernel = find_kernel(
      {.root = folder, .release = "", .how_to_say = "give the packages of one of them"});
  if (!kernel) return kernel;
  HR_TRY(make_modules_dep(*kernel, folder, log));
  return kernel;
}

}  // namespace

Result<GuestKernel> unpack_packages(const std::vector<std::string>& files,
                                    const std::string& folder, const std::string& log) {
  for (const std::string& file : files) {
    HR_TRY(unpack(file, folder, {.where = kernel_file_place}));
  }
  auto kernel = unpacked_kernel(folder, log);
  if (!kernel) return fail(of_packages(kernel.error(), folder, files));
  return kernel;
}

Result<GuestKernel> offline_kernel(const KernelSpec& spec, const KernelCache& cache,
                                   Result<std::optional<CacheEntry>> cached) {
  if (!cached) return fail(cached.error());
  if (*cached) return std::move((*cached)->kernel);
  return fail(Error::infrastructure(spec.text + " is not in the cache " + cache.folder() +
                                    ": hangrate kernel fetch " + spec.text));
}

Result<GuestKernel> without_lists(
    const KernelSpec& spec, const KernelOptions& options, const Error& why,
    const std::function<Result<std::optional<CacheEntry>>()>& cached) {
  if (why.kind() == ErrorKind::Usage) return fail(why);
  auto found = cached();
  if (!found || !*found) return fail(why);
  GuestKernel& kernel = (*found)->kernel;
  if (options.notice) {
    options.notice(spec.text + ": " + why.what() + "; taking " + kernel.label + " from the cache");
  }
  return std::move(kernel);
}

Result<GuestKernel> provide_packages(const KernelSpec& spec, const KernelCache& cache,
                                     const KernelOptions& options) {
  std::string sums;
  for (const std::string& file : spec.paths) {
    if (::access(file.c_str(), R_OK) != 0) {
      return fail(Error::from_errno("open(" + file + ")").as(ErrorKind::Usage));
    }
    const auto sum = sha256_of_file(file);
    if (!sum) return fail(sum.error());
    sums += *sum;
  }
  const std::string inputs = sha256(sums);
  const std::string id = spec.text.substr(0, 3) + "-" + inputs.substr(0, 16);
  const std::string names =
      fs::path(spec.paths.front()).filename().string() + (spec.paths.size() > 1 ? ", ..." : "");
  const auto entry =
      cache.get(id, say_of(options),
                [&](const std::string& folder, const std::string& log) -> Result<CacheEntry> {
                  if (options.progress) options.progress(spec.text + ": unpacking");
                  auto kernel = unpack_packages(spec.paths, folder, log);
                  if (!kernel) return fail(kernel.error());
                  kernel->spec = spec.text;
                  kernel->label = kernel->release + " (" + names + ")";
                  return CacheEntry{.kernel = std::move(*kernel), .version = "", .inputs = inputs};
                });
  if (!entry) return fail(entry.error());
  return entry->kernel;
}

namespace {

/// What is in the cache may have been named by an earlier version, which believed file names.
Result<void> identify(GuestKernel& kernel) {
  if (kernel.native || kernel.user_mode || !kernel.build_id.empty()) return {};
  const auto identity = identify_image(kernel.image);
  if (!identity) return fail(identity.error());
  kernel.build_id = identity->build_id;
  if (kernel.release.empty()) kernel.release = identity->release;
  if (identity->release.empty() || identity->release == kernel.release) return {};
  return fail(Error::infrastructure(kernel.image + ": taken for " + kernel.release +
                                    ", but it is " + identity->release +
                                    ": hangrate kernel prune --all"));
}

}  // namespace

Result<GuestKernel> provide_kernel(const std::string& spec, const KernelOptions& options) {
  const auto parsed = parse_kernel_spec(spec);
  if (!parsed) return fail(parsed.error());
  auto kernel = provide(*parsed, options);
  if (!kernel) return kernel;
  kernel->spec = spec;
  HR_TRY(identify(*kernel));
  return kernel;
}

std::vector<GuestKernel> cached_kernels(const std::string& cache) {
  std::vector<GuestKernel> kernels;
  for (CacheEntry& entry : KernelCache::entries(cache)) kernels.push_back(std::move(entry.kernel));
  return kernels;
}

}  // namespace hangrate
