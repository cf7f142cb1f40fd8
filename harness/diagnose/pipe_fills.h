// SPDX-License-Identifier: GPL-2.0-or-later
//
// measure_pipes(): how full the pipes of a proof are. That tells bugs apart whose victims sleep in
// the same place.
#pragma once

#include "harness/waits/diagnosis.h"

namespace hangrate {

/// Fills in `diagnosis.pipes`, as far as they can be asked. It asks through duplicates that are
/// closed at once, by a helper that is lost after `limit`: a pipe's lock may be held. One whose
/// lock a member waits for is not asked. Call it from the main thread.
void measure_pipes(Diagnosis& diagnosis, Nanos limit);

}  // namespace hangrate
