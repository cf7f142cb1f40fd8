// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/model/trace.h"

namespace hangrate {

const char* trace_kind_name(TraceKind kind) {
  switch (kind) {
    case TraceKind::Call:
      return "call";
    case TraceKind::Return:
      return "return";
    case TraceKind::Sleep:
      return "sleep";
    case TraceKind::Preempt:
      return "preempt";
    case TraceKind::Run:
      return "run";
    case TraceKind::Wake:
      return "wake";
    case TraceKind::Signal:
      return "signal";
    case TraceKind::Fork:
      return "fork";
    case TraceKind::Exit:
      return "exit";
    case TraceKind::FuseSend:
      return "fuse_send";
    case TraceKind::FuseEnd:
      return "fuse_end";
    case TraceKind::FuseAbort:
      return "fuse_abort";
  }
  return "unknown";
}

}  // namespace hangrate
