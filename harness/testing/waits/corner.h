// SPDX-License-Identifier: GPL-2.0-or-later
//
// A mount namespace of our own for FUSE: a ramfs over /sys/fs/fuse with a mount point and the FUSE
// control filesystem. It goes with the last process of the case, and no folder is left.
#pragma once

#define HR_WAITS_MOUNT "/sys/fs/fuse/mount"

namespace hangrate::waits {

/// "": done; else what was refused.
const char* make_corner();

}  // namespace hangrate::waits
