// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/testing/sleepers/late_server.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <linux/fuse.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "repros/fuse_flush_exit/workspace.h"
#include "repros/kit/futex.h"

namespace hangrate::sleepers {

namespace {

constexpr std::size_t kRequestBytes = 16384;  // see fuse_server.cpp
constexpr Nanos kReapLimit = 10 * kSecond;

/// Answers what comes until the connection is gone, `late` only after `span`.
void serve(int device, std::uint32_t late, Nanos span, Stage& stage) {
  alignas(8) std::byte request[kRequestBytes];
  while (true) {
    const ssize_t size = ::read(device, request, sizeof request);
    if (size < 0 && (errno == EINTR || errno == ENOENT || errno == EAGAIN)) continue;
    if (size < static_cast<ssize_t>(sizeof(fuse_in_header))) return;
    const auto bytes = static_cast<std::size_t>(size);
    fuse_in_header header{};
    std::memcpy(&header, request, sizeof header);
    if (header.opcode == late) {
      stage.held.store(1);
      const Nanos end = now_ns() + span;
      while (stage.let_go.load() == 0 && (span == kNoEnd || now_ns() < end)) {
        kit::futex_wait(stage.let_go, 0, span == kNoEnd ? 0 : std::max<Nanos>(end - now_ns(), 1));
      }
    }
    fuse_flush_exit::FuseAnswer answer =
        fuse_flush_exit::answer_request(std::span(request).first(bytes), {});
    if (header.opcode == FUSE_FSYNC) {  // it answers ENOSYS, and then no other would come
      const fuse_out_header done{.len = sizeof done, .error = 0, .unique = header.unique};
      std::memcpy(answer.buffer.data(), &done, sizeof done);
      answer.length = sizeof done;
    }
    if (answer.handling != fuse_flush_exit::FuseHandling::Answered) continue;
    const auto reply = answer.reply();
    const ssize_t written = ::write(device, reply.data(), reply.size());
    if (written < 0 && errno != ENOENT && errno != EINTR) return;
  }
}

}  // namespace

std::string LateServer::start(Kind kind, Nanos span, Stage& stage) {
  if (std::string failure = server_.open(); !failure.empty()) return failure;
  if (std::string failure = server_.mount(fuse_flush_exit::kMountPoint); !failure.empty()) {
    return failure;
  }
  connection_ = fuse_flush_exit::fuse_connection_at(fuse_flush_exit::kMountPoint);
  pid_ = ::fork();
  if (pid_ < 0) return std::string("fork: ") + std::strerror(errno);
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    serve(server_.device(), kind == Kind::FuseFsync ? FUSE_FSYNC : FUSE_FLUSH, span, stage);
    ::_exit(0);
  }
  return connection_ != 0 ? "" : "statx of the mount point failed";
}

void LateServer::lose() {
  ::kill(pid_, SIGKILL);
  reap();
}

std::string LateServer::reap() {
  const Nanos deadline = now_ns() + kReapLimit;
  while (pid_ > 0 && now_ns() < deadline) {
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = 0;
    const timespec nap = to_timespec(kMilli / 4);
    if (pid_ > 0) ::nanosleep(&nap, nullptr);
  }
  return pid_ > 0 ? "the server does not die" : "";
}

std::string LateServer::clean_up() {
  if (connection_ == 0) return "";
  server_.close();
  if (pid_ > 0) ::kill(pid_, SIGKILL);
  std::string left = reap();
  const std::string failure = fuse_flush_exit::unmount(fuse_flush_exit::kMountPoint);
  connection_ = 0;
  return left.empty() ? failure : left;
}

}  // namespace hangrate::sleepers
