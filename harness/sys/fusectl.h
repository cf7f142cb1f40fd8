// SPDX-License-Identifier: GPL-2.0-or-later
//
// The FUSE control file system: aborting a connection frees every task that waits on it.
#pragma once

#include <cstdint>

#include "harness/base/unique_fd.h"

namespace hangrate {

/// Mounts fusectl for this process if it is not mounted, in a mount namespace of its own. For
/// helper processes only: the supervisor itself never changes its namespace.
void prepare_fusectl_here();

/// Opens the abort file of connection `minor_number`, if the inode of its folder is `instance` (0 =
/// any). The descriptor means that connection and no later one of its number.
UniqueFd open_fuse_abort(int minor_number, std::uint64_t instance = 0);

/// Writes to it. False: we may not.
bool abort_fuse_connection(const UniqueFd& abort_file);

/// Aborts connection `minor_number`. False if it does not exist (any more) or we may not. Numbers
/// are used again at once: with `instance` (the inode of its folder, 0 = any) only that connection.
bool abort_fuse_connection(int minor_number, std::uint64_t instance);

}  // namespace hangrate
