// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdlib>
#include <filesystem>

#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "harness/kernel/archive.h"
#include "harness/kernel/kernel_tree.h"
#include "harness/kernel/provide_parts.h"
#include "harness/kernel/sha256.h"
#include "harness/sys/program.h"

namespace hangrate {

namespace {

namespace fs = std::filesystem;

std::string absolute(const std::string& path) {
  std::error_code error;
  return fs::absolute(path, error).lexically_normal().string();
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

Result<GuestKernel> image_kernel(const KernelSpec& spec) {
  GuestKernel kernel;
  kernel.image = absolute(spec.paths.front());
  auto release = image_release(kernel.image);
  if (!release) return fail(release.error());
  kernel.release = std::move(*release);
  const std::string name = fs::path(kernel.image).filename().string();
  kernel.label = kernel.release.empty() ? name : kernel.release + " (" + name + ")";
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

Result<GuestKernel> tree_kernel(const KernelSpec& spec, const KernelOptions& options) {
  const std::string root = absolute(spec.paths.front());
  auto kernel = find_kernel(root);
  if (!kernel) return kernel;
  HR_TRY(image_release(kernel->image));
  kernel->label = kernel->release + " (" + root + ")";
  std::error_code error;
  if (kernel->modules.empty() || fs::exists(kernel->modules + "/modules.dep", error)) return kernel;
  const auto cache = KernelCache::open(options.cache);
  if (!cache) return fail(cache.error());
  struct stat info {};
  ::stat(kernel->modules.c_str(), &info);
  const std::string inputs =
      sha256(kernel->modules + " " + std::to_string(info.st_mtim.tv_sec) + "." +
             std::to_string(info.st_mtim.tv_nsec) + " " + std::to_string(info.st_ino));
  const auto entry = cache->get(
      "dir-" + kernel->release + "-" + inputs.substr(0, 12), say_of(options),
      [&](const std::string& folder, const std::string& log) -> Result<CacheEntry> {
        auto borrowed = borrow_modules(*kernel, folder, log);
        if (!borrowed) return fail(borrowed.error());
        borrowed->spec = spec.text;
        return CacheEntry{.kernel = std::move(*borrowed), .version = "", .inputs = inputs};
      });
  if (!entry) return fail(entry.error());
  kernel->modules = entry->kernel.modules;
  kernel->hold = entry->kernel.hold;
  return kernel;
}

Result<GuestKernel> provide(const KernelSpec& spec, const KernelOptions& given) {
  KernelOptions options = given;
  if (options.cache.empty()) options.cache = default_kernel_cache();
  options.cache = absolute(options.cache);
  if (spec.form == SpecForm::Native) return native_kernel();
  if (spec.form == SpecForm::Image) return image_kernel(spec);
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
  auto kernel = find_kernel(folder);
  if (!kernel) return kernel;
  HR_TRY(image_release(kernel->image));
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

Result<GuestKernel> provide_kernel(const std::string& spec, const KernelOptions& options) {
  const auto parsed = parse_kernel_spec(spec);
  if (!parsed) return fail(parsed.error());
  auto kernel = provide(*parsed, options);
  if (kernel) kernel->spec = spec;
  return kernel;
}

std::vector<GuestKernel> cached_kernels(const std::string& cache) {
  std::vector<GuestKernel> kernels;
  for (CacheEntry& entry : KernelCache::entries(cache)) kernels.push_back(std::move(entry.kernel));
  return kernels;
}

}  // namespace hangrate
