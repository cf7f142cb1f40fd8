// SPDX-License-Identifier: GPL-2.0-or-later OR MIT
//
// What slots about FUSE mean; included by both sides.
//
//   kind                     other      value     object
//   CALL, RETURN FUSE_FLUSH  -          result    -
//   CALL, RETURN FUSE_WAIT   opcode     -         unique number of the request
//   FUSE_SEND                opcode     -         unique number
//   FUSE_END                 opcode     error     unique number
//   FUSE_ABORT               -          -         -
//
// unique is 0 where the kernel has not numbered the request yet: it does so when it queues it.
#pragma once

#include "bpf/common/slot.h"
