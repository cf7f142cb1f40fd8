// SPDX-License-Identifier: GPL-2.0-or-later
//
// Does a task run in the kernel and not come back? Never a hang: it may be at work. Pure.
#pragma once

#include <optional>
#include <string>

#include "harness/model/cpu_sample.h"
#include "harness/waits/diagnosis.h"

namespace hangrate {

/// Why it cannot be one long stay in the kernel from `first` to `now`; "": it may.
std::string left_the_kernel(const CpuSample& first, const CpuSample& now);

/// It stayed in the kernel from `first` to `now` and used the CPU for at least `enough` of that.
/// `tick`: of the times of a CpuSample, ns.
std::optional<SpinningTask> spinning(const CpuSample& first, const CpuSample& now, Nanos enough,
                                     Nanos tick);

}  // namespace hangrate
