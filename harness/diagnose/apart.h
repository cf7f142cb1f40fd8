// SPDX-License-Identifier: GPL-2.0-or-later
//
// Asks a process of its own, which may be lost in a read of a wedged task. Call it from the main
// thread.
#pragma once

#include <functional>
#include <optional>

#include "harness/base/clock.h"
#include "harness/base/error.h"
#include "harness/sys/reader_place.h"
#include "harness/waits/diagnosis.h"

namespace hangrate {

/// What `look` returned. nullopt: it did not end within `limit`, or until `give_up` where its
/// reader went on in each `limit` before; its process is killed, which may not end it. An error: it
/// could not begin, or ended without an answer.
Result<std::optional<Diagnosis>> diagnosed_apart(const char* name, Nanos limit,
                                                 const std::function<Diagnosis()>& look,
                                                 const SharedReaderPlace* place = nullptr,
                                                 Nanos give_up = 0);

/// The same for a part of `whole`, which is about `what`. nullopt: there is no answer, and `whole`
/// says so.
std::optional<Diagnosis> part_diagnosed_apart(const char* name, Nanos limit,
                                              const std::function<Diagnosis()>& look,
                                              const char* what, Diagnosis& whole);

}  // namespace hangrate
