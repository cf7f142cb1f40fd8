// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/classify/waits.h"

#include <gtest/gtest.h>

namespace hangrate {
namespace {

constexpr TracedCall kPipeCalls[] = {TracedCall::PipeRead, TracedCall::PipeWrite,
                                     TracedCall::PipeSplice};

struct Case {
  TracedCall call;
  char state;
  std::vector<std::string> stack;
};

TEST(Waits, WhatAFunctionIsThereForNeedsItsState) {
  const Case waits[] = {{TracedCall::PipeRead, 'S', {}},   {TracedCall::PipeWrite, 'S', {}},
                        {TracedCall::PipeSplice, 'S', {}}, {TracedCall::WaitChild, 'S', {}},
                        {TracedCall::ZapPidNs, 'S', {}},   {TracedCall::FuseWait, 'S', {}},
                        {TracedCall::FuseWait, 'K', {}},   {TracedCall::FuseWait, 'D', {}},
                        {TracedCall::P9Rpc, 'K', {}},      {TracedCall::P9Rpc, 'S', {}}};
  for (const Case& c : waits) {
    EXPECT_EQ(waited_for(c.call, c.state, c.stack), WaitedFor::Object)
        << traced_call_name(c.call) << " " << c.state;
  }
  const Case others[] = {{TracedCall::PipeRead, 'K', {}},  {TracedCall::PipeWrite, 'I', {}},
                         {TracedCall::WaitChild, 'D', {}}, {TracedCall::ZapPidNs, 'D', {}},
                         {TracedCall::FuseWait, 'I', {}},  {TracedCall::P9Rpc, 'D', {}},
                         {TracedCall::PipeFcntl, 'S', {}}, {TracedCall::PipeResize, 'D', {}},
                         {TracedCall::None, 'S', {}},      {TracedCall::PipeRead, '?', {}},
                         {TracedCall::PipeRead, '\0', {}}};
  for (const Case& c : others) {
    EXPECT_EQ(waited_for(c.call, c.state, c.stack), WaitedFor::Unknown)
        << traced_call_name(c.call) << " " << c.state;
  }
}

TEST(Waits, UninterruptiblyInAPipeIsForNoDataAndWithItsStackForALock) {
  for (const TracedCall call : kPipeCalls) {
    EXPECT_EQ(waited_for(call, 'D', {}), WaitedFor::NotObject) << traced_call_name(call);
    EXPECT_EQ(waited_for(call, 'D', {"mutex_lock", "vfs_read"}), WaitedFor::Lock);
    EXPECT_EQ(waited_for(call, 'D', {"folio_wait_bit_common", "filemap_fault", "pipe_read"}),
              WaitedFor::NotObject);
  }
  const Case locks[] = {{TracedCall::PipeRead, 'D', {"anon_pipe_read", "vfs_read"}},
                        {TracedCall::PipeWrite, 'D', {"pipe_write", "vfs_write"}},
                        {TracedCall::PipeSplice, 'D', {"pipe_wait_readable", "do_splice"}},
                        {TracedCall::PipeSplice, 'D', {"pipe_lock", "pipe_wait_readable"}},
                        {TracedCall::PipeFcntl, 'D', {"pipe_fcntl", "do_fcntl"}},
                        {TracedCall::PipeRelease, 'D', {"pipe_release", "__fput"}},
                        {TracedCall::PipeRead, 'D', {"__switch_to", "__schedule", "pipe_read"}}};
  for (const Case& c : locks) {
    EXPECT_EQ(waited_for(c.call, c.state, c.stack), WaitedFor::Lock) << c.stack.front();
  }
  EXPECT_EQ(waited_for(TracedCall::PipeFcntl, 'D', {}), WaitedFor::Unknown);
  EXPECT_EQ(waited_for(TracedCall::WaitChild, 'D', {"mutex_lock", "do_wait"}), WaitedFor::Unknown);
}

TEST(Waits, AStackThatGoesOnInsideTheCallTakesItsOwnWait) {
  const Case waits[] = {{TracedCall::PipeRead, 'S', {"anon_pipe_read", "vfs_read"}},
                        {TracedCall::PipeRead, 'S', {"pipe_wait", "pipe_read"}},
                        {TracedCall::PipeSplice, 'S', {"pipe_wait_writable", "splice_to_pipe"}},
                        {TracedCall::WaitChild, 'S', {"__do_wait.isra.0", "kernel_wait4"}},
                        {TracedCall::ZapPidNs, 'S', {"do_wait", "zap_pid_ns_processes"}},
                        {TracedCall::FuseFlush, 'D', {"request_wait_answer", "fuse_flush"}},
                        {TracedCall::P9Flush, 'K', {"p9_client_rpc", "p9_client_flush"}}};
  for (const Case& c : waits) {
    EXPECT_EQ(waited_for(c.call, c.state, c.stack), WaitedFor::Object) << c.stack.front();
  }
  const Case others[] = {{TracedCall::PipeRead, 'S', {"handle_userfault", "pipe_read"}},
                         {TracedCall::PipeSplice, 'S', {"unix_stream_read_generic", "do_splice"}},
                         {TracedCall::WaitChild, 'S', {"handle_userfault", "kernel_wait4"}},
                         {TracedCall::FuseFlush, 'D', {"folio_wait_writeback", "fuse_flush"}},
                         {TracedCall::FuseFlush, 'D', {}},
                         {TracedCall::P9Rpc, 'K', {"p9_virtio_request", "p9_client_rpc"}},
                         {TracedCall::P9Flush, 'K', {}}};
  for (const Case& c : others) {
    EXPECT_EQ(waited_for(c.call, c.state, c.stack), WaitedFor::Unknown)
        << traced_call_name(c.call) << " " << (c.stack.empty() ? "" : c.stack.front());
  }
}

}  // namespace
}  // namespace hangrate
