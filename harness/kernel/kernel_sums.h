// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether the files of a cached kernel are still what they were when it was made. A disk that was
// full, a copy that broke off or a stray truncate would else be booted as if it were whole.
#pragma once

#include <string>

#include "harness/kernel/kernel_json.h"

namespace hangrate {

/// Notes size and hash of the image and modules.dep, as far as they lie in the entry's folder: what
/// a user's own folder holds is the user's to change.
Result<void> note_sums(CacheEntry& entry);

/// Content: hashes the files, unless inode and change time say that nobody touched them since they
/// were hashed last. Hashing 14 MB takes 0.2 s, which each of many commands would pay.
enum class SumCheck { Size, Content };

/// What is wrong with a file of the entry, "" if nothing is or nothing was noted.
std::string damage_of(const CacheEntry& entry, SumCheck check);

}  // namespace hangrate
