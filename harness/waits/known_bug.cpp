// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/waits/known_bug.h"

#include <utility>

namespace hangrate {

Json to_json_value(const KnownBug& bug) {
  Json affected = Json::array();
  for (const AffectedRange& range : bug.affected) {
    affected.push_back(
        {{"from", range.from}, {"to", range.to}, {"note", range.note}, {"unknown", range.unknown}});
  }
  return {{"repro", bug.repro},
          {"variant", bug.variant},
          {"title", bug.title},
          {"summary", bug.summary},
          {"by_place", bug.by_place},
          {"kernel", bug.kernel},
          {"expectation", expectation_name(bug.here.value)},
          {"expectation_source", expectation_source_name(bug.here.source)},
          {"expectation_because", bug.here.because},
          {"affected", std::move(affected)},
          {"history", bug.history},
          {"lever", bug.lever},
          {"lookalikes", bug.lookalikes}};
}

}  // namespace hangrate
