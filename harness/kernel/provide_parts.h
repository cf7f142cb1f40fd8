// SPDX-License-Identifier: GPL-2.0-or-later
//
// What provide_kernel() is made of: one function per form that needs the cache.
#pragma once

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

/// Unpacks packages into `folder` and finds the kernel there, with modules.dep.
Result<GuestKernel> unpack_packages(const std::vector<std::string>& files,
                                    const std::string& folder, const std::string& log);

}  // namespace hangrate
