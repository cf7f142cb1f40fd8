// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/fuse_flush_exit/fuse_server.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include "repros/kit/on_record.h"

namespace hangrate::fuse_flush_exit {

namespace {

// The kernel refuses smaller reads: FUSE_MIN_READ_BUFFER (8192), or header + write_in + max_write,
// and max_write is never taken below 4096 (v6.1 fs/fuse/dev.c fuse_dev_do_read()).
constexpr std::size_t kRequestBytes = 16384;

std::string with_errno(const std::string& operation, int error_number) {
  return operation + ": " + std::strerror(error_number) + " (" + std::to_string(error_number) + ")";
}

std::string open_failure(int error_number) {
  const std::string what = with_errno("open(/dev/fuse)", error_number);
  if (error_number == ENOENT || error_number == ENODEV || error_number == ENXIO) {
    return what +
           ": no FUSE here; modprobe fuse, boot a kernel with CONFIG_FUSE_FS, or give the "
           "container the device (docker run --device /dev/fuse)";
  }
  return what +
         ": run as root; in a container, allow the device (docker run --device /dev/fuse "
         "--cap-add SYS_ADMIN)";
}

}  // namespace

std::string FuseServer::open() {
  device_.reset(::open("/dev/fuse", O_RDWR | O_CLOEXEC));
  return device_ ? "" : open_failure(errno);
}

std::string FuseServer::mount(const char* where) const {
  char options[128];
  std::snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=%u,group_id=%u",
                device_.get(), ::geteuid(), ::getegid());
  // By its source it is found, even if we die before its number is known.
  if (::mount(kit::run_mark().c_str(), where, "fuse", MS_NOSUID | MS_NODEV, options) == 0)
    return "";
  return with_errno(std::string("mount(fuse, ") + where + ")", errno);
}

int FuseServer::serve(const FuseDiet& diet, EatenListener* listener) const {
  alignas(8) std::byte request[kRequestBytes];
  while (true) {
    const ssize_t size = ::read(device_.get(), request, sizeof request);
    if (size < 0) {
      // ENOENT: the request was taken back before we copied it.
      if (errno == EINTR || errno == ENOENT || errno == EAGAIN) continue;
      return errno;
    }
    const FuseAnswer answer =
        answer_request(std::span(request).first(static_cast<std::size_t>(size)), diet);
    if (answer.handling == FuseHandling::Eaten && listener != nullptr) {
      listener->eaten(answer.opcode);
    }
    if (answer.handling != FuseHandling::Answered) continue;
    const std::span<const std::byte> reply = answer.reply();
    const ssize_t written = ::write(device_.get(), reply.data(), reply.size());
    // ENOENT: the request ended meanwhile (abort); there is nobody left to answer.
    if (written < 0 && errno != ENOENT && errno != EINTR) return errno;
  }
}

}  // namespace hangrate::fuse_flush_exit
