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

const char* traced_call_name(TracedCall call) {
  switch (call) {
    case TracedCall::None:
      return "";
    case TracedCall::PipeRead:
      return "pipe_read";
    case TracedCall::PipeWrite:
      return "pipe_write";
    case TracedCall::PipeSplice:
      return "pipe_splice";
    case TracedCall::PipeFcntl:
      return "pipe_fcntl";
    case TracedCall::PipeResize:
      return "pipe_resize_ring";
    case TracedCall::PipeRelease:
      return "pipe_release";
    case TracedCall::FuseFlush:
      return "fuse_flush";
    case TracedCall::FuseWait:
      return "request_wait_answer";
    case TracedCall::WaitChild:
      return "do_wait";
    case TracedCall::ZapPidNs:
      return "zap_pid_ns_processes";
    case TracedCall::P9Flush:
      return "p9_client_flush";
    case TracedCall::P9Rpc:
      return "p9_client_rpc";
  }
  return "";
}

}  // namespace hangrate
