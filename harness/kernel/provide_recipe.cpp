// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/kernel/provide_parts.h"

namespace hangrate {

Result<GuestKernel> provide_recipe(const KernelSpec& spec, const KernelCache&,
                                   const KernelOptions&) {
  return fail(Error::usage(spec.text + ": recipes cannot be built yet"));
}

}  // namespace hangrate
