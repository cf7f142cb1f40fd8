// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a worker makes outside itself is on its run's record, so that it is found and removed after
// any kill. Without a record (by hand, in a guest) the same calls do nothing.
#pragma once

#include <cstdint>
#include <string>

namespace hangrate::kit {

/// How the source of a mount and the name of a temporary folder in /tmp must begin: the run's mark
/// and this worker's number, "hangrate-ID-N"; "hangrate" without a record.
std::string run_mark();

/// Writes down which FUSE connection is this worker's, 0: none (any more). `instance` is the inode
/// of its folder in fusectl.
void record_connection(int number, std::uint64_t instance);

}  // namespace hangrate::kit
