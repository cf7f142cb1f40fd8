// SPDX-License-Identifier: GPL-2.0-or-later
#include <filesystem>

#include <sys/statvfs.h>

#include "harness/kernel/apt.h"
#include "harness/kernel/provide_parts.h"
#include "harness/kernel/recipe.h"
#include "harness/kernel/recipe_build.h"
#include "harness/kernel/sha256.h"

namespace hangrate {

namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kNeeded = 3ull << 30;  // 6.1: 1.5 GB of sources, 0.9 GB of objects

Result<void> check_room(const std::string& folder) {
  struct statvfs room {};
  if (::statvfs(folder.c_str(), &room) != 0)
    return fail(Error::from_errno("statvfs(" + folder + ")"));
  if (std::uintmax_t{room.f_bavail} * room.f_frsize >= kNeeded) return {};
  return fail(Error::infrastructure("building a kernel needs 3 GB free in " + folder +
                                    "; set HANGRATE_CACHE or --cache to another disk"));
}

/// The last one built from this recipe as it is now.
Result<std::optional<CacheEntry>> from_cache(const Recipe& recipe, const KernelCache& cache,
                                             const KernelOptions& options) {
  return cache.newest([&](const CacheEntry& entry) { return entry.inputs == recipe.inputs; },
                      say_of(options));
}

}  // namespace

Result<GuestKernel> provide_recipe(const KernelSpec& spec, const KernelCache& cache,
                                   const KernelOptions& options) {
  const auto recipe = load_recipe(spec.name);
  if (!recipe) return fail(recipe.error());
  const auto cached = [&] { return from_cache(*recipe, cache, options); };
  if (options.offline) return offline_kernel(spec, cache, cached());
  auto apt = Apt::open(recipe->suite, options);
  if (!apt) return without_lists(spec, options, apt.error(), cached);
  const auto source = apt->newest(recipe->package);
  if (!source) return fail(source.error().context(spec.text));
  const std::string id = "recipe-" + recipe->name + "-" + source->version + "-" +
                         sha256(recipe->inputs + source->version + source->sha256).substr(0, 12);
  const auto say = [&](const std::string& what) {
    if (options.progress) options.progress(spec.text + ": " + what);
  };
  const auto entry = cache.get(
      id, say_of(options),
      [&](const std::string& folder, const std::string& log) -> Result<CacheEntry> {
        HR_TRY(check_build_tools());
        HR_TRY(check_room(folder));
        const std::string work = folder + "/work";
        std::error_code error;
        fs::create_directory(work, error);
        if (error) return fail(Error::infrastructure(work + ": " + error.message()));
        say("downloading " + recipe->package + " " + source->version);
        const auto files = apt->download({*source}, work, log);
        if (!files) return fail(files.error());
        apt->release();  // building takes long, and needs no lists
        auto kernel = build_recipe(*recipe, files->front(), work, folder, log, say);
        if (!kernel) return fail(kernel.error().context(spec.text));
        fs::remove_all(work, error);
        if (error) return fail(Error::infrastructure(work + ": " + error.message()));
        kernel->spec = spec.text;
        return CacheEntry{
            .kernel = std::move(*kernel), .version = source->version, .inputs = recipe->inputs};
      });
  if (!entry) return fail(entry.error());
  return entry->kernel;
}

}  // namespace hangrate
