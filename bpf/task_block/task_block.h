// SPDX-License-Identifier: GPL-2.0-or-later OR MIT
//
// What slots about scheduling mean; included by both sides.
//
//   kind         other                   value               call, object, head ..
//   SLEEP        task_struct::__state    -                   the innermost call and its pipe, now
//   PREEMPT      -                       -                   the same call, without the pipe
//   RUN          -                       -                   -
//   WAKE         tid of the woken        -                   the call the waker is in
//   FORK         tid of the new task     its thread group    comm
//   EXEC         tid it had before       -                   comm
//   USER_STACK   -                       HR_USER_FRAMES addresses from `object` on
#pragma once

#include "bpf/common/slot.h"

/* Bits of task_struct::__state, the same since v4.14 but where noted. */
#define HR_STATE_INTERRUPTIBLE 0x1
#define HR_STATE_UNINTERRUPTIBLE 0x2
#define HR_STATE_STOPPED 0x4
#define HR_STATE_TRACED 0x8
#define HR_STATE_DEAD 0x80
#define HR_STATE_WAKEKILL 0x100
#define HR_STATE_NOLOAD 0x400
