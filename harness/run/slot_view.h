// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a worker wrote into its slot, as values of the model. Private to run/. Another process
// writes these fields: lengths are never taken on trust.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/file.h"
#include "harness/model/observation.h"
#include "harness/model/record.h"
#include "repros/kit/protocol.h"

namespace hangrate {

inline InvariantState to_model(protocol::InvariantStatus status) {
  switch (status) {
    case protocol::InvariantStatus::Holds:
      return InvariantState::Holds;
    case protocol::InvariantStatus::Broken:
      return InvariantState::Broken;
    case protocol::InvariantStatus::Unknown:
      break;
  }
  return InvariantState::Unknown;
}

inline Outcome to_model(protocol::TrialOutcome outcome) {
  switch (outcome) {
    case protocol::TrialOutcome::Clean:
      return Outcome::Clean;
    case protocol::TrialOutcome::Anomaly:
      return Outcome::Anomaly;
    case protocol::TrialOutcome::Inconclusive:
      return Outcome::Inconclusive;
    case protocol::TrialOutcome::Infra:
      break;
  }
  return Outcome::Infra;
}

inline std::vector<Measurement> measurements_of(const protocol::Slot& slot) {
  std::vector<Measurement> rows;
  const std::size_t bytes = std::min<std::size_t>(slot.measurement_bytes, sizeof slot.measurements);
  for (const std::string& line : split(std::string_view(slot.measurements, bytes), '\n')) {
    const auto fields = split(line, '\t');
    if (fields.size() == 3) rows.push_back({fields[0], fields[1], fields[2]});
  }
  return rows;
}

/// Text of a fixed field that another process writes: never beyond its end.
template <std::size_t N>
std::string text_of(const char (&field)[N]) {
  return {field, ::strnlen(field, N)};
}

}  // namespace hangrate
