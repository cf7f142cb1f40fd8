// SPDX-License-Identifier: GPL-2.0-or-later
//
// A diagnosis as one page that is complete in itself: it loads nothing and runs nothing, and all
// that came from tasks, manifests and the kernel is escaped.
#pragma once

#include <string>
#include <vector>

#include "harness/model/environment.h"
#include "harness/waits/diagnosis.h"

namespace hangrate {

/// What goes with a diagnosis into a document.
struct DiagnosisSetting {
  Environment environment;
  std::string version;  ///< of hangrate
  std::string started;  ///< when it looked
  std::vector<std::string> argv;
  int exit_code = 0;
};

std::string diagnosis_html(const Diagnosis& diagnosis, const DiagnosisSetting& setting);

}  // namespace hangrate
