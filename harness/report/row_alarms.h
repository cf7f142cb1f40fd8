// SPDX-License-Identifier: GPL-2.0-or-later
//
// What counts against a kernel beside its cells; harness/docs/verdicts.md says why. Only for
// summarize() and the reporters.
#pragma once

#include <vector>

#include "harness/report/run.h"

namespace hangrate {

/// Of each boot of a row whose cells were judged: that its guest was lost, and each kind of finding
/// that counts, once.
std::vector<RowAlarm> alarms_of(const Row& row);

/// The alarm a finding of a boot belongs to, nullptr if it is only shown.
const RowAlarm* alarm_of(const Row& row, const Boot& boot, const ConsoleFinding& finding);

/// " (exit 1)" behind what counts, "" behind what is only shown.
std::string effect_of(const RowAlarm* alarm);

}  // namespace hangrate
