// SPDX-License-Identifier: GPL-2.0-or-later
//
// What provide_kernel() is made of: one function per form that needs the cache.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/kernel/guest_kernel.h"
#include "harness/kernel/kernel_cache.h"
#include "harness/kernel/kernel_spec.h"

namespace hangrate {

Result<GuestKernel> provide_packages(const KernelSpec& spec, const KernelCache& cache,
                                     const KernelOptions& options);
Result<GuestKernel> provide_debian(const KernelSpec& spec, const KernelCache& cache,
                                   const KernelOptions& options);
Result<GuestKernel> provide_recipe(const KernelSpec& spec, const KernelCache& cache,
                                   const KernelOptions& options);

/// How the cache talks to whoever asked.
inline KernelCache::Say say_of(const KernelOptions& options) {
  return {.progress = options.progress, .notice = options.notice};
}

/// Offline: what the cache has, or an error that says how to get it.
Result<GuestKernel> offline_kernel(const KernelSpec& spec, const KernelCache& cache,
                                   Result<std::optional<CacheEntry>> cached);
/// The package lists cannot be had for `why`: what the cache has, with a notice, else that error. A
/// usage error stays one: no cache makes a suite right that does not exist.
Result<GuestKernel> without_lists(const KernelSpec& spec, const KernelOptions& options,
                                  const Error& why,
                                  const std::function<Result<std::optional<CacheEntry>>()>& cached);

/// Unpacks packages into `folder` and finds the kernel there, with modules.dep.
Result<GuestKernel> unpack_packages(const std::vector<std::string>& files,
                                    const std::string& folder, const std::string& log);

}  // namespace hangrate
