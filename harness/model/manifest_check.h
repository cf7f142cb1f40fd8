// SPDX-License-Identifier: GPL-2.0-or-later
//
// A manifest as a person writes it, repro.json: everything in it must be understood, and what a run
// needs must be there. Pure.
#pragma once

#include <string>

#include "harness/base/error.h"
#include "harness/model/manifest.h"

namespace hangrate {

/// Reads it. A usage error names the line of what is no JSON, or the member that is unknown, has a
/// value that is not understood, or is missing.
Result<Manifest> read_manifest(const std::string& text);

/// May a reproducer, a variant or a parameter be called so? It becomes part of paths and of every
/// report.
bool is_name(const std::string& text);

/// Why a `match` is no regular expression (ECMAScript); "": it is one.
std::string fault_of_pattern(const std::string& pattern);

}  // namespace hangrate
