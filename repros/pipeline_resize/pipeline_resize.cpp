// SPDX-License-Identifier: GPL-2.0-or-later
//
// pipeline_resize: `gpg -q -d | zstdcat -T0` into a program that makes its stdin larger, as met in
// 2022 with Filespooler and `zfs receive`, once in about a thousand streams. CVE-2023-52672.
//
//   gpg -q -d --> zstdcat -T0 --> supervisor: reads about 100 bytes, then starts the consumer
//                                   consumer: fcntl(0, F_SETPIPE_SZ), read(2) to the end
//
// The supervisor takes its time, zstd has filled the pipe and sleeps: the resize wakes it before it
// raises the limit that zstd compares with (pipe_resize_stall has the instructions). If zstd looks
// in between, it sleeps again, and nobody wakes it: the consumer drains the pipe and waits for
// more, gpg waits for zstd, bash for both. strace -p on zstd lets all of them go on, since any stop
// makes it look again; on the consumer it does nothing. Both are done here, in that order.
#include <fcntl.h>

#include "../kit/child.h"
#include "stream.h"

namespace {

stream_received* received;
hang_fd ends[2];
hang_child pipeline, consumer;
int pipeline_end;  // wait status of bash
int attached;      // the consumer, while it is traced by us
int cpu;

/// zstd's thread that writes to the pipe; 0: none does now.
int writer(int* process) {
  *process = stream_member(pipeline.pid, "zstdcat");
  return *process == 0 ? 0 : stream_thread_in_write(*process, STDOUT_FILENO);
}

// ---- The processes. ----

void run_pipeline() {
  setpgid(0, 0);
  dup2(stream_file(), STDIN_FILENO);
  dup2(ends[1], STDOUT_FILENO);
  execlp("bash", "bash", "-c", "set -o pipefail; gpg -q --batch -d | zstdcat -T0",
         static_cast<char*>(nullptr));
}
/// As `zfs receive` does.
void consume() {
  ends[1].reset();
  if (hang_chose("help", "cpu")) hang_place(0, cpu, SCHED_OTHER);
  if (hang_is("stream") && fcntl(ends[0], F_SETPIPE_SZ, kLargePipe) < 0) received->refused = errno;
  stream_receive(ends[0], kStreamBytes + 1, received);  // to its end
}
/// Waits until zstd sleeps, so that no trial is lost to one that was still at work.
void help() {
  int process = 0, tid = 0;
  hang_until([&] { return (tid = writer(&process)) != 0; }, 5);
  if (tid != 0 && hang_chose("help", "cpu")) hang_place(tid, cpu, SCHED_FIFO);
}

// ---- The wait. ----

int over() {
  stream_detached(&attached);
  if (pipeline.pid > 0) stream_end_of(pipeline.pid, &pipeline_end);
  const bool ended = hang_child_reaped(&pipeline);
  return hang_child_reaped(&consumer) && ended;
}
void nap(int64_t ns) {
  hang_child_wait(pipeline.pid > 0 ? &pipeline : &consumer, ns);
}
/// A writer sleeps only while its pipe is full. One that reads has emptied it before it wakes the
/// writer, so it must sleep in its next read(2) already.
void look() {
  int process = 0, queued = 0;
  const int tid = writer(&process);
  const bool reads = stream_state(consumer.pid) != 'S';
  const bool asked = ioctl(ends[0], FIONREAD, &queued) == 0;
  const bool idle = asked && queued == 0 && !reads && stream_state(consumer.pid) == 'S';
  if (tid != 0) hang_victim("zstd", process, tid, STDOUT_FILENO, POLLOUT);
  if (const int gpg = stream_member(pipeline.pid, "gpg")) hang_partner("gpg", gpg, 0);
  if (pipeline.pid > 0) hang_partner("bash", pipeline.pid, 0);
  if (consumer.pid > 0) hang_partner("consumer", consumer.pid, 0);
  hang_invariant(tid == 0 || queued != 0 ? HANG_HOLDS
                 : idle                  ? HANG_BROKEN
                                         : HANG_UNKNOWN,
                 "zstd is in write(2) on a pipe of %d bytes that holds %d",
                 fcntl(ends[0], F_GETPIPE_SZ), queued);
}
/// What `strace -p` does first, to the wrong one.
int attach_to_consumer() {
  if (consumer.pid <= 0 || !stream_attach(&attached, consumer.pid)) return 0;
  hang_until([] { return stream_detached(&attached); }, 0.05);  // else over() does it
  return 1;
}

// ---- The trial. ----

void setup() {
  stream_setup();
  received = static_cast<stream_received*>(hang_share(sizeof *received));
  cpu = hang_cpu(hang_lane());
}
int trial() {
  static const hang_wait wait = {over, nap, look, attach_to_consumer};
  int pipe_ends[2];
  hang_must(pipe2(pipe_ends, O_CLOEXEC), "pipe2");
  ends[0].reset(pipe_ends[0]), ends[1].reset(pipe_ends[1]);
  if (hang_is("resize-first")) hang_must(fcntl(ends[0], F_SETPIPE_SZ, kLargePipe), "F_SETPIPE_SZ");
  received->bytes = received->refused = 0;
  received->sum = 0;
  pipeline_end = attached = 0;
  hang_phase("start the pipeline and read its first bytes");
  hang_child_start(&pipeline, 0, run_pipeline);
  ends[1].reset();
  stream_receive(ends[0], 100, received);
  if (received->bytes != 100) hang_fail("the pipeline brings nothing: does gpg work here?");
  if (!hang_chose("help", "none")) help();
  hang_phase("the consumer resizes the pipe and reads");
  hang_child_start(&consumer, 0, consume);
  hang_await(&wait);
  hang_phase("clean up");
  if (pipeline.pid > 0) kill(-pipeline.pid, SIGKILL);
  hang_child_kill(&consumer);
  if (!hang_child_ends(&pipeline, 10) || !hang_child_ends(&consumer, 10))
    hang_fail("left behind: a process of the pipeline does not die");
  ends[0].reset();
  if (received->refused != 0) {  // the user's pages are used up: setup() could
    hang_note("the consumer may not resize its pipe: %s", strerror(received->refused));
    return HANG_INFRA;
  }
  if (received->bytes == kStreamBytes && received->sum == stream_expected()) return HANG_CLEAN;
  if (pipeline_end != 0) {
    hang_note("gpg or zstd failed or was killed, wait status %d", pipeline_end);
    return hang_parked() ? HANG_CLEAN : HANG_INCONCLUSIVE;  // parked: a rescue killed them
  }
  hang_note("%ld of %ld bytes came, or others", static_cast<long>(received->bytes), kStreamBytes);
  return HANG_ANOMALY;
}

}  // namespace

HANG_VARIANT(stream, "stream", setup, trial)
HANG_VARIANT(no_resize, "no-resize", setup, trial)
HANG_VARIANT(resize_first, "resize-first", setup, trial)

int main(int argc, char** argv) {
  return hang_main(argc, argv);
}
