// SPDX-License-Identifier: GPL-2.0-or-later
//
// The values of a manifest's parameters: what they are by default, and what can be given. Command
// line and matrix file both ask here, so that what one takes the other does not refuse. Pure.
#pragma once

#include <map>
#include <string>

#include "harness/base/error.h"
#include "harness/model/manifest.h"

namespace hangrate {

/// A usage error "NAME=VALUE: not one of ..."; `where` goes in front of it, e.g. "--param ".
Result<void> check_param(const Param& param, const std::string& value, const std::string& where);

std::map<std::string, std::string> default_params(const Manifest& manifest);

/// Takes from `params` the help that the variant does not heed (Variant::widens), so that no record
/// says it had any.
void take_unheeded(const Manifest& manifest, const std::string& variant,
                   std::map<std::string, std::string>& params);

}  // namespace hangrate
