// SPDX-License-Identifier: GPL-2.0-or-later
//
// The worker's own corner of the machine: a private mount namespace in which /sys/fs/fuse is a
// ramfs holding the mount point and the FUSE control filesystem. No directory is made that could be
// left behind: everything disappears with the last process of the worker.
#pragma once

#include <optional>
#include <string>

namespace hangrate::fuse_flush_exit {

/// Where a trial mounts. Nobody but the victims may look at anything below it: that would be a
/// request to a server which is meant to be dead.
inline constexpr const char* kMountPoint = "/sys/fs/fuse/mount";
inline constexpr const char* kServedFile = "/sys/fs/fuse/mount/file";

/// Moves the calling process into a fresh workspace. Returns "" or why it cannot be had here,
/// naming the fix. /dev/fuse must have been opened before: that loads the module which makes
/// /sys/fs/fuse.
std::string enter_workspace();

/// The connection number of the FUSE filesystem mounted at `where`, or 0: the minor of its device,
/// its name under /sys/fs/fuse/connections. Sends no request, so it works without a server:
/// AT_STATX_DONT_SYNC answers from what the kernel has (v6.1 fs/fuse/dir.c fuse_update_get_attr()).
int fuse_connection_at(const char* where);

/// Detaches the mount; it disappears once nobody uses it. Returns "" or what failed.
std::string unmount(const char* where);

/// Requests in flight on a connection, or nothing if there is no such connection (any more).
std::optional<long> fuse_requests_waiting(int connection);
/// Ends every request of a connection, those that cannot be killed too. False: no such connection.
bool abort_fuse_connection(int connection);

}  // namespace hangrate::fuse_flush_exit
