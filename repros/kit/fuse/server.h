// SPDX-License-Identifier: GPL-2.0-or-later
//
// A server on the bare /dev/fuse, without libfuse.
#pragma once

#include <unistd.h>

#include "wire.h"

/// What to do with a request: answer it (0), withhold the reply, or an errno to refuse it with. A
/// request without a reply stays "sent" for ever, as with a stopped or deadlocked server.
enum { HANG_FUSE_ANSWER = 0, HANG_FUSE_WITHHOLD = -1 };

/// Serves until the connection is gone; belongs into a child. `choose(opcode)` says what to do with
/// each request; it may wait, which delays this one and all after it. Returns the errno at the end.
template <typename Choose>
int hang_fuse_serve(int device, Choose choose) {
  // The kernel refuses smaller reads: FUSE_MIN_READ_BUFFER (8192), or header + write_in + max_write
  // (v6.1 fs/fuse/dev.c fuse_dev_do_read()).
  static char bytes[16384];
  for (hang_fuse_reply reply;;) {
    const ssize_t size = read(device, bytes, sizeof bytes);
    // ENOENT: the request was taken back, or ended, before we copied it or answered.
    if (size < 0 && errno != EINTR && errno != ENOENT && errno != EAGAIN) return errno;
    if (size < static_cast<ssize_t>(sizeof(fuse_in_header))) continue;
    const hang_fuse_request request = hang_fuse_read(bytes, static_cast<size_t>(size));
    const int choice = choose(request.header.opcode);
    if (choice == HANG_FUSE_WITHHOLD || !hang_fuse_wants_reply(request.header.opcode)) continue;
    const size_t length = hang_fuse_answer(request, choice, &reply);
    const ssize_t written = write(device, &reply, length);
    if (written < 0 && errno != ENOENT && errno != EINTR) return errno;
  }
}
