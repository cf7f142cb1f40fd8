// SPDX-License-Identifier: GPL-2.0-or-later
//
// Busy tasks: long system calls, none at all, and who gets no CPU because of them.
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "stage.h"

namespace hangrate::waits {
namespace {

char bytes[2 << 20];

/// A call with these fills the same megabytes until 2 GiB are read: as "dd bs=1G", without its
/// memory.
iovec* long_read() {
  static iovec parts[1023];
  memset(bytes, 1, sizeof bytes);  // no page comes later
  for (iovec& part : parts) part = {bytes, sizeof bytes};
  return parts;
}
int random_source() {
  return static_cast<int>(must(open("/dev/urandom", O_RDONLY | O_CLOEXEC), "open"));
}
void long_calls() {
  start(kMoving, {}, [] {
    const int source = random_source();
    for (iovec* parts = long_read();;) must(readv(source, parts, 1023), "readv");
  });
}
/// io_submit(2) does such reads itself, one after the other: minutes in one call.
void one_call() {
  start(kMoving, {}, [] {
    constexpr int kReads = 256;
    static iocb orders[kReads];
    static iocb* all[kReads];
    aio_context_t context = 0;
    const iovec* parts = long_read();
    const int source = random_source();
    must(syscall(SYS_io_setup, kReads, &context), "io_setup");
    for (int i = 0; i < kReads; ++i) {
      orders[i].aio_lio_opcode = IOCB_CMD_PREADV;
      orders[i].aio_fildes = static_cast<unsigned>(source);
      orders[i].aio_buf = reinterpret_cast<uintptr_t>(parts);
      orders[i].aio_nbytes = 1023;
      all[i] = &orders[i];
    }
    must(syscall(SYS_io_submit, context, kReads, all), "io_submit");
    nap();
  });
}
/// Next to no time in user mode, and yet every call ends.
void copy_loop() {
  start(kMoving, {}, [] {
    const int source = static_cast<int>(must(open("/dev/zero", O_RDONLY | O_CLOEXEC), "open"));
    const int sink = static_cast<int>(must(open("/dev/null", O_WRONLY | O_CLOEXEC), "open"));
    for (;;)
      must(write(sink, bytes, static_cast<size_t>(must(read(source, bytes, sizeof bytes), "read"))),
           "write");
  });
}
/// What ends here is counted nowhere.
void random_loop() {
  start(kMoving, {}, [] {
    for (memset(bytes, 1, sizeof bytes);;) must(getrandom(bytes, sizeof bytes, 0), "getrandom");
  });
}
void spin() {
  for (volatile unsigned turns = 0;;) turns = turns + 1;
}
void user_loop() {
  start(kMoving, {}, spin);
}
int only_on_first_cpu() {
  cpu_set_t allowed, one;
  CPU_ZERO(&one);
  must(sched_getaffinity(0, sizeof allowed, &allowed), "sched_getaffinity");
  for (size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &allowed)) {
      CPU_SET(cpu, &one);
      break;
    }
  return static_cast<int>(must(sched_setaffinity(0, sizeof one, &one), "sched_setaffinity"));
}
/// The worker that was woken for the token gets hardly any CPU, and the other one sleeps rightly.
void starved_worker() {
  const Ends jobs = make_pipe();
  start(kMoving, {}, [] {
    only_on_first_cpu();
    spin();
  });
  const auto work = [=] {
    for (;;) {
      read_byte(jobs.read);
      short_nap(20);
      write_byte(jobs.write);
    }
  };
  start(kMoving, {jobs.read, jobs.write}, [=] {
    const sched_param lowest = {};
    only_on_first_cpu();
    must(sched_setscheduler(0, SCHED_IDLE, &lowest), "sched_setscheduler");
    work();
  });
  start(kMoving, {jobs.read, jobs.write}, work);
  write_byte(jobs.write);
}

const Family kBusy{
    {"busy-long-calls", "none|spinning", false, "", "one long readv(2) after the other",
     long_calls},
    {"busy-one-call", "spinning", false, "", "one io_submit(2) of reads of minutes", one_call},
    {"busy-copy-loop", "none", false, "", "read(2) and write(2) of 2 MiB, as dd makes them",
     copy_loop},
    {"busy-random-loop", "none|spinning", false, "", "one getrandom(2) of 2 MiB after the other",
     random_loop},
    {"busy-user-loop", "none", false, "", "a loop without a system call", user_loop},
    {"busy-starved-worker", "none|spinning", false, "",
     "two workers pass a token; one is SCHED_IDLE on the CPU of a loop", starved_worker},
};

}  // namespace
}  // namespace hangrate::waits
