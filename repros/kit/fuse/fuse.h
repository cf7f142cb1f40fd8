// SPDX-License-Identifier: GPL-2.0-or-later
//
// For reproducers with a FUSE mount of their own: hang_fuse_prepare() and hang_fuse_guard_start()
// in setup(), hang_fuse_mount() in a trial, hang_fuse_serve() in a child. Needs libc only.
#pragma once

#include "../life.h"
#include "guard.h"
#include "mount.h"
#include "server.h"
