// SPDX-License-Identifier: GPL-2.0-or-later
//
// One page of a file on a FUSE mount, whose READ the server keeps until the worker answers it. Who
// touches or reads the page meanwhile waits for the lock of its folio.
#pragma once

#include <new>

#include "../child.h"
#include "fuse.h"

struct hang_fuse_page {
  struct Shared {  // with the server
    std::atomic<uint32_t> kept;
    hang_fuse_request request;
  };
  Shared* shared = nullptr;
  hang_child server;
  hang_fd device, file;
  int connection = 0;
  char* memory = nullptr;  // of the page; not for the worker to touch

  /// Answers all but the first READ. Belongs into a child.
  void serve() {
    static char bytes[16384];
    hang_fuse_reply reply;
    prctl(PR_SET_NAME, "fuse-server");
    for (;;) {
      const ssize_t size = read(device, bytes, sizeof bytes);
      if (size < 0 && errno != EINTR && errno != ENOENT && errno != EAGAIN) return;
      if (size < static_cast<ssize_t>(sizeof(fuse_in_header))) continue;
      const hang_fuse_request request = hang_fuse_read(bytes, static_cast<size_t>(size));
      const uint32_t opcode = request.header.opcode;
      if (opcode == FUSE_READ && shared->kept == 0) {
        shared->request = request;
        shared->kept = 1;
        continue;
      }
      if (!hang_fuse_wants_reply(opcode)) continue;
      const size_t length = hang_fuse_answer(request, opcode == FUSE_FLUSH ? ENOSYS : 0, &reply);
      // Who asks for the page waits for the folio then, and not for the request.
      if (opcode == FUSE_INIT) reply.body.init.flags = FUSE_ASYNC_READ;
      if (write(device, &reply, length) < 0 && errno != ENOENT) return;
    }
  }
  bool is_kept() const { return shared->kept != 0; }
  /// The READ's reply, with which the page is there and its lock free.
  size_t reply(hang_fuse_reply* out) const { return hang_fuse_answer(shared->request, 0, out); }

  /// Mounts, and opens the file by `opener`, a process that may wait for the server.
  void open_by(hang_task* opener, void (*run_server)()) {
    if (shared == nullptr) shared = new (hang_share(sizeof *shared)) Shared;
    shared->kept = 0;
    connection = hang_fuse_mount(&device);
    hang_child_start(&server, 0, run_server);
    const auto open_it = [](hang_task*) -> long {
      const int fd = open(HANG_FUSE_PATH, O_RDONLY | O_CLOEXEC);
      return fd < 0 ? -errno : fd;
    };
    hang_task_post(opener, open_it, nullptr, 0);
    if (!hang_until([=] { return hang_task_over(opener); }, 10)) hang_fail("open hangs");
    const long opened = hang_task_result(opener);
    if (opened < 0) hang_fail("open: error %ld", -opened);
    file.reset(static_cast<int>(opened));
    void* mapped = mmap(nullptr, 1, PROT_READ, MAP_SHARED, file, 0);
    hang_must(mapped == MAP_FAILED ? -1 : 0, "mmap");
    memory = static_cast<char*>(mapped);
  }
  /// Is it in the page cache, and up to date? Touches and locks nothing.
  bool is_there() const {
    unsigned char there = 0;
    return mincore(memory, 1, &there) == 0 && (there & 1) != 0;
  }
  /// Tries to throw it away: locks it if that can be had at once, and unlocks it.
  bool evict() const { return is_there() && posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) == 0; }
  /// The last step; the connection was aborted, and who waited is gone.
  void close_all() {
    hang_child_kill(&server);
    if (!hang_child_ends(&server, 10)) hang_fail("left behind: the server does not die");
    munmap(memory, 1);
    file.reset();
    device.reset();
    hang_fuse_unmount();
  }
};
