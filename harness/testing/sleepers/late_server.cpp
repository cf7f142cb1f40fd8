// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/testing/sleepers/late_server.h"

#include "repros/kit/fuse/fuse.h"

namespace {

constexpr int reap_seconds = 10;

}  // namespace

std::string LateServer::prepare() {
  return hang_fuse_prepare();
}

const char* LateServer::served_file() {
  return HANG_FUSE_PATH;
}

void LateServer::start(Kind kind, int64_t span, Stage& stage) {
  const std::uint32_t late = kind == Kind::FuseFsync ? FUSE_FSYNC : FUSE_FLUSH;
  connection_ = hang_fuse_mount(&device_);
  process_.pid = static_cast<int>(hang_must(fork(), "fork"));
  if (process_.pid > 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  hang_fuse_serve(device_, [&](std::uint32_t opcode) {
    if (opcode == late) hold(span, stage);
    return HANG_FUSE_ANSWER;
  });
  _exit(0);
}

bool LateServer::lose() {
  hang_child_kill(&process_);
  return hang_until([this] { return hang_child_reaped(&process_); }, reap_seconds);
}

void LateServer::clean_up() {
  if (connection_ == 0) return;
  device_.reset();
  if (!lose()) hang_fail("the server does not die");
  hang_fuse_unmount();
  connection_ = 0;
}
