// SPDX-License-Identifier: GPL-2.0-or-later
//
// The bugs that the reproducers of this installation describe, for a diagnosis of this machine.
#pragma once

#include <string>
#include <vector>

#include "harness/base/error.h"
#include "harness/model/environment.h"
#include "harness/model/manifest.h"
#include "harness/waits/diagnosis.h"

namespace hangrate {

/// What can be named, and what could not be read.
struct BugBook {
  std::vector<Manifest> manifests;
  std::vector<Absence> absent;
};

/// From `repro_dir`, or where `hangrate run` has its reproducers ("": there may be none, which is
/// noted). Usage error: `repro_dir` is no folder that can be read.
Result<BugBook> open_bug_book(const std::string& repro_dir);

/// Measures what tells them apart, and names those that have the shape of what is in `diagnosis`.
/// From the main thread; takes a second at most.
void name_bugs_here(const BugBook& book, const Environment& environment, Diagnosis& diagnosis);

}  // namespace hangrate
