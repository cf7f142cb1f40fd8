// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/testing/sleepers/late_server.h"

#include <linux/fuse.h>

#include "repros/fuse_flush_exit/workspace.h"
#include "repros/kit/on_record.h"

namespace {

namespace fuse = hangrate::fuse_flush_exit;

constexpr std::size_t request_bytes = 16384;  // see fuse_server.cpp
constexpr int64_t reap_limit = 10'000'000'000;

/// The reply to one request. An FSYNC would get ENOSYS, and then no other would come.
fuse::FuseAnswer answer_to(const fuse_in_header& header, std::span<const std::byte> request) {
  fuse::FuseAnswer answer = fuse::answer_request(request, {});
  if (header.opcode != FUSE_FSYNC) return answer;
  const fuse_out_header done{.len = sizeof done, .error = 0, .unique = header.unique};
  memcpy(answer.buffer.data(), &done, sizeof done);
  answer.length = sizeof done;
  return answer;
}

/// Answers what comes until the connection is gone, `late` only after `span`.
void serve(int device, std::uint32_t late, int64_t span, Stage& stage) {
  alignas(8) std::byte request[request_bytes];
  while (true) {
    const ssize_t size = read(device, request, sizeof request);
    if (size < 0 && (errno == EINTR || errno == ENOENT || errno == EAGAIN)) continue;
    if (size < static_cast<ssize_t>(sizeof(fuse_in_header))) return;
    fuse_in_header header{};
    memcpy(&header, request, sizeof header);
    if (header.opcode == late) hold(span, stage);
    const auto answer = answer_to(header, std::span(request).first(static_cast<std::size_t>(size)));
    if (answer.handling != fuse::FuseHandling::Answered) continue;
    const auto reply = answer.reply();
    const ssize_t written = write(device, reply.data(), reply.size());
    if (written < 0 && errno != ENOENT && errno != EINTR) return;
  }
}

/// Lets the supervisor end the requests of `connection` if this worker cannot; 0: of none.
void guard(int connection) {
  hang_slot& slot = *hang_self.slot;
  char folder[64];
  struct stat info {};
  snprintf(folder, sizeof folder, "/sys/fs/fuse/connections/%d", connection);
  const bool known = connection != 0 && stat(folder, &info) == 0;
  hang_put(&slot.fuse_connection, 0);
  hang_put(&slot.fuse_instance, known ? static_cast<uint64_t>(info.st_ino) : 0);
  hang_put(&slot.fuse_connection, connection);
  hangrate::kit::record_connection(connection, hang_get(&slot.fuse_instance));
}

}  // namespace

std::string LateServer::prepare() {
  fuse::FuseServer probe;  // loads the module
  if (std::string why = probe.open(); !why.empty()) return why;
  return fuse::enter_workspace();
}

const char* LateServer::served_file() {
  return fuse::kServedFile;
}

std::string LateServer::start(Kind kind, int64_t span, Stage& stage) {
  if (std::string failure = server_.open(); !failure.empty()) return failure;
  if (std::string failure = server_.mount(fuse::kMountPoint); !failure.empty()) return failure;
  connection_ = fuse::fuse_connection_at(fuse::kMountPoint);
  guard(connection_);
  pid_ = fork();
  if (pid_ < 0) return std::string("fork: ") + strerror(errno);
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    serve(server_.device(), kind == Kind::FuseFsync ? FUSE_FSYNC : FUSE_FLUSH, span, stage);
    _exit(0);
  }
  return connection_ != 0 ? "" : "statx of the mount point failed";
}

void LateServer::lose() {
  kill(pid_, SIGKILL);
  reap();
}

std::string LateServer::reap() {
  const int64_t deadline = hang_now() + reap_limit;
  while (pid_ > 0 && hang_now() < deadline) {
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = 0;
    if (pid_ > 0) hang_nap(250'000);
  }
  return pid_ > 0 ? "the server does not die" : "";
}

std::string LateServer::clean_up() {
  if (connection_ == 0) return "";
  server_.close();
  if (pid_ > 0) kill(pid_, SIGKILL);
  std::string left = reap();
  const std::string failure = fuse::unmount(fuse::kMountPoint);
  connection_ = 0;
  guard(0);
  return left.empty() ? failure : left;
}
