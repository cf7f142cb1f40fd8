// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether a value can be given to a parameter of a manifest. The command line and the matrix file
// ask here, so that what one takes the other does not refuse. Pure.
#pragma once

#include <string>

#include "harness/base/error.h"
#include "harness/model/manifest.h"

namespace hangrate {

/// A usage error "NAME=VALUE: not one of ..."; `where` goes in front of it, e.g. "--param ".
Result<void> check_param(const Param& param, const std::string& value, const std::string& where);

}  // namespace hangrate
