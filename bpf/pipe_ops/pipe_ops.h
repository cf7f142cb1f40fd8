// SPDX-License-Identifier: GPL-2.0-or-later OR MIT
//
// What slots about pipes mean; included by both sides.
//
//   call            other                        value
//   PIPE_READ       inode number of the pipe     bytes asked for, on return the result
//   PIPE_WRITE      the same                     the same
//   PIPE_SPLICE     1: waits for room, 0: data   -
//   PIPE_FCNTL      command                      argument, on return the result
//   PIPE_RESIZE     -                            slots asked for, on return the result
//   PIPE_RELEASE    1: the read end, 2: write    result
//
// object is the same number for the same pipe; head .. ring_size with HR_HAS_PIPE.
#pragma once

#include "bpf/common/slot.h"
