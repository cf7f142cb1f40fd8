// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether guests run under KVM here: found by running one, never by the presence of /dev/kvm, and
// remembered until this machine starts again. Else they run under TCG.
#pragma once

#include <optional>
#include <string>

#include "harness/model/environment.h"

namespace hangrate {

/// What was found since this machine started, kept in the folder `cache`.
std::optional<Capability> remembered_kvm(const std::string& cache);

/// Runs the kernel `image` under KVM, for up to ten seconds, and remembers
/// what came of it, unless no guest came as far as running or hanging. A cache that cannot be
/// written is no error: the next one tries again.
Capability try_kvm(const std::string& cache, const std::string& image);

}  // namespace hangrate
