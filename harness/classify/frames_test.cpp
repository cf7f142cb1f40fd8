// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/classify/frames.h"

#include <gtest/gtest.h>

namespace hangrate {
namespace {

using Stack = std::vector<std::string>;

struct Place {
  TracedCall call;
  Stack stack;
};

TEST(Frames, BelieveEveryNameAKernelHasForTheCall) {
  const Place places[] = {
      {TracedCall::PipeWrite, {"pipe_write", "vfs_write"}},
      {TracedCall::PipeWrite, {"anon_pipe_write", "vfs_write"}},
      {TracedCall::PipeWrite, {"anon_pipe_write", "fifo_pipe_write", "vfs_write"}},
      {TracedCall::PipeWrite, {"folio_wait_bit_common", "filemap_fault", "pipe_write"}},
      {TracedCall::PipeRead, {"anon_pipe_read", "vfs_read"}},
      {TracedCall::PipeRead, {"pipe_read.cold", "vfs_read"}},
      {TracedCall::PipeSplice, {"pipe_wait_writable", "splice_to_pipe"}},
      {TracedCall::PipeSplice, {"opipe_prep.part.0", "do_tee"}},
      {TracedCall::PipeFcntl, {"__mutex_lock", "pipe_fcntl", "do_fcntl"}},
      {TracedCall::PipeResize, {"pipe_set_size", "pipe_fcntl"}},
      {TracedCall::PipeRelease, {"__mutex_lock", "pipe_release", "__fput"}},
      {TracedCall::FuseFlush, {"request_wait_answer", "__fuse_simple_request", "fuse_flush"}},
      {TracedCall::FuseFlush, {"request_wait_answer"}},
      {TracedCall::FuseWait, {"__fuse_simple_request", "fuse_flush"}},
      {TracedCall::WaitChild, {"do_wait", "kernel_wait4"}},
      {TracedCall::WaitChild, {"__do_wait.isra.0"}},
      {TracedCall::WaitChild, {"kernel_wait4", "__do_sys_wait4"}},
      {TracedCall::WaitChild, {"kernel_waitid", "__do_sys_waitid"}},
      {TracedCall::ZapPidNs, {"zap_pid_ns_processes", "do_exit"}},
      {TracedCall::ZapPidNs, {"do_wait"}},
      {TracedCall::P9Rpc, {"p9_client_rpc", "p9_client_walk"}},
      {TracedCall::P9Flush, {"p9_virtio_request", "p9_client_rpc", "p9_client_flush"}}};
  for (const Place& place : places) {
    EXPECT_TRUE(may_be_in(place.call, place.stack))
        << traced_call_name(place.call) << " in " << place.stack.front();
  }
}

TEST(Frames, DoNotBelieveAStackOfAnotherPlace) {
  const Place places[] = {{TracedCall::WaitChild, {"futex_do_wait", "__futex_wait", "futex_wait"}},
                          {TracedCall::WaitChild, {"pipe_write", "vfs_write"}},
                          {TracedCall::PipeWrite, {"pipe_read", "vfs_read"}},
                          {TracedCall::PipeRead, {"pipe_wait_readable", "splice_from_pipe_next"}},
                          {TracedCall::PipeFcntl, {"pipe_write"}},
                          {TracedCall::FuseWait, {"do_wait", "kernel_wait4"}},
                          {TracedCall::ZapPidNs, {"futex_do_wait"}},
                          {TracedCall::P9Rpc, {"hrtimer_nanosleep"}}};
  for (const Place& place : places) {
    EXPECT_FALSE(may_be_in(place.call, place.stack))
        << traced_call_name(place.call) << " in " << place.stack.front();
  }
}

TEST(Frames, SayNothingWithoutAStackOrWithOneThatWasCut) {
  EXPECT_TRUE(may_be_in(TracedCall::WaitChild, {}));
  EXPECT_TRUE(may_be_in(TracedCall::PipeWrite, Stack(24, "fault_in")));
  EXPECT_FALSE(may_be_in(TracedCall::PipeWrite, Stack(23, "fault_in")));
  EXPECT_TRUE(may_be_in(TracedCall::None, {"futex_wait"}));
}

TEST(Frames, OnlyASleepIsDoubted) {
  TraceEvent event{.kind = TraceKind::Sleep, .call = TracedCall::WaitChild};
  event.stack = {"futex_wait"};
  EXPECT_EQ(believed_call(event), TracedCall::None);
  event.kind = TraceKind::Call;
  EXPECT_EQ(believed_call(event), TracedCall::WaitChild);
}

}  // namespace
}  // namespace hangrate
