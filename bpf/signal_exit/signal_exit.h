// SPDX-License-Identifier: GPL-2.0-or-later OR MIT
//
// What slots about signals and exits mean; included by both sides.
//
//   kind                     other                  value        object
//   SIGNAL                   tid of the target      result       signal number
//   EXIT                     -                      -            -
//   CALL, RETURN ZAP_PID_NS  -                      -            -
//   CALL, RETURN WAIT_CHILD  -                      result       -
//
// `result` of a signal: 0 delivered, 1 ignored, 2 already pending, 3 and 4 lost (enum
// trace_signal of include/trace/events/signal.h). A task that already exits has its SIGKILL
// "ignored" since v6.1.
#pragma once

#include "bpf/common/slot.h"
