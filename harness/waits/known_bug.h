// SPDX-License-Identifier: GPL-2.0-or-later
//
// KnownBug: a bug that a reproducer describes and whose victims look like what was seen. That it
// looks so proves nothing, and proves no hang. Plain values.
#pragma once

#include <string>
#include <vector>

#include "harness/judge/expectation.h"
#include "harness/model/json.h"

namespace hangrate {

struct KnownBug {
  std::string repro;
  std::string variant;  ///< the shape of it that fits best
  std::string title;
  std::string summary;    ///< of the variant
  bool by_place = false;  ///< a task sleeps where it does in this bug, and nothing is proven of it
  std::string kernel;     ///< the running one as far as it is known, "6.18.44", "6.8.12 or later"
  Expected here;          ///< what the manifest expects of it
  std::vector<AffectedRange> affected;
  std::vector<std::string> history;     ///< introduced, fixed, reverted
  std::string lever;                    ///< what frees a victim
  std::vector<std::string> lookalikes;  ///< controls that sleep there too, "NAME: summary"
};

Json to_json_value(const KnownBug& bug);

}  // namespace hangrate
