// SPDX-License-Identifier: GPL-2.0-or-later
#include <filesystem>

#include "harness/kernel/apt.h"
#include "harness/kernel/kernel_tree.h"
#include "harness/kernel/provide_parts.h"
#include "harness/kernel/sha256.h"

namespace hangrate {

namespace {

namespace fs = std::filesystem;

std::string label_of(const std::string& release, const std::string& suite) {
  return "Debian " + release + " (" + suite + ")";
}

/// Of what is cached for the suite the newest kernel that the spec fits.
Result<std::optional<CacheEntry>> from_cache(const KernelSpec& spec, const KernelCache& cache,
                                             const KernelOptions& options) {
  const auto fits = [&](const CacheEntry& entry) {
    const auto cached = parse_kernel_spec(entry.kernel.spec);
    if (!cached || cached->form != SpecForm::Debian || cached->suite != spec.suite ||
        cached->flavour != spec.flavour) {
      return false;
    }
    return spec.version.empty() || spec.version == cached->version ||
           names_kernel(spec.version, entry.version, entry.kernel.release, spec.flavour);
  };
  return cache.newest(fits, say_of(options));
}

}  // namespace

Result<GuestKernel> provide_debian(const KernelSpec& spec, const KernelCache& cache,
                                   const KernelOptions& options) {
  const auto cached = [&] { return from_cache(spec, cache, options); };
  if (options.offline) return offline_kernel(spec, cache, cached());
  const auto apt = Apt::open(spec.suite, options);
  if (!apt) return without_lists(spec, options, apt.error(), cached);
  const auto parts = apt->image_parts(spec.version, spec.flavour);
  if (!parts) return fail(parts.error());
  std::string inputs;
  for (const DebPackage& part : *parts) {
    inputs += part.name + " " + part.version + " " + part.sha256 + "\n";
  }
  inputs = sha256(inputs);
  const std::string release = release_of_image(parts->front().name);
  const std::string id = "debian-" + spec.suite + "-" + release + "-" + inputs.substr(0, 12);
  const auto entry = cache.get(
      id, say_of(options),
      [&](const std::string& folder, const std::string& log) -> Result<CacheEntry> {
        if (options.progress) {
          options.progress(spec.text + ": downloading " + release + " (" + parts->front().version +
                           ")");
        }
        const std::string downloads = folder + "/packages";
        std::error_code error;
        fs::create_directory(downloads, error);
        if (error) return fail(Error::infrastructure(downloads + ": " + error.message()));
        const auto files = apt->download(*parts, downloads, log);
        if (!files) return fail(files.error());
        auto kernel = unpack_packages(*files, folder, log);
        if (!kernel) return fail(kernel.error().as(ErrorKind::Infrastructure));
        fs::remove_all(downloads, error);
        kernel->spec = spec.text;
        kernel->label = label_of(kernel->release, spec.suite);
        return CacheEntry{
            .kernel = std::move(*kernel), .version = parts->front().version, .inputs = inputs};
      });
  if (!entry) return fail(entry.error());
  return entry->kernel;
}

}  // namespace hangrate
