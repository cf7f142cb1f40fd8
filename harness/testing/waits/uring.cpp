// SPDX-License-Identifier: GPL-2.0-or-later
//
// Pipe ends that io_uring holds: registered files, of a ring that has a descriptor or has none.
#include <errno.h>
#include <linux/io_uring.h>
#include <stdlib.h>
#include <string.h>

#include "stage.h"

namespace hangrate::waits {
namespace {

int make_ring() {
  io_uring_params params;
  memset(&params, 0, sizeof params);
  return static_cast<int>(must(syscall(SYS_io_uring_setup, 4, &params), "io_uring_setup"));
}
void enlist(int ring, unsigned what, void* argument) {
  must(syscall(SYS_io_uring_register, ring, what, argument, 1), "io_uring_register");
}

/// A napper whose ring could write to the pipe, though its descriptor of it is closed.
void end_in_ring() {
  const Ends ends = make_pipe();
  start(SYS_read, {ends.read, ends.write}, [=] { read_byte(ends.read); });
  start(SYS_clock_nanosleep, {ends.write}, [=] {
    int end = ends.write;
    enlist(make_ring(), IORING_REGISTER_FILES, &end);
    close(ends.write);
    nap();
  });
}
/// The same with the descriptor of the ring closed too: the task has the ring registered.
void end_in_hidden_ring() {
  const Ends ends = make_pipe();
  start(SYS_read, {ends.read, ends.write}, [=] { read_byte(ends.read); });
  start(SYS_clock_nanosleep, {ends.write}, [=] {
    int end = ends.write;
    const int ring = make_ring();
    io_uring_rsrc_update place = {~0U, 0, static_cast<unsigned>(ring)};
    enlist(ring, IORING_REGISTER_FILES, &end);
    enlist(ring, IORING_REGISTER_RING_FDS, &place);
    close(ends.write);
    close(ring);
    nap();
  });
}
/// Nothing is submitted, so nothing completes.
void ring_wait() {
  const int ring = make_ring();
  start(SYS_io_uring_enter, {ring}, [=] {
    must(syscall(SYS_io_uring_enter, ring, 0, 1, IORING_ENTER_GETEVENTS, nullptr, 0),
         "io_uring_enter");
  });
}

const Family kUring{
    {"uring-end-registered", "none|stuck", false, "io_uring",
     "reader with an end of its own; one more is a registered file of a napper's ring",
     end_in_ring},
    {"uring-end-in-hidden-ring", "none|stuck", false, "io_uring",
     "the same, and no descriptor of the ring is left: nothing in /proc shows the end",
     end_in_hidden_ring},
    {"uring-wait", "none|stuck|orphaned", false, "io_uring",
     "waits for a completion, and nothing was submitted", ring_wait},
};

}  // namespace
}  // namespace hangrate::waits
