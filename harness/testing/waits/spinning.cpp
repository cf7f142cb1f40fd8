// SPDX-License-Identifier: GPL-2.0-or-later
//
// Busy tasks: long system calls, none at all, and who gets no CPU because of them.
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/uio.h>

#include "stage.h"

namespace hangrate::waits {
namespace {

/// As "dd bs=1G" without its memory: one call fills the same megabytes until 2 GiB are read.
void long_calls() {
  start(kMoving, {}, [] {
    static char bytes[2 << 20];
    static iovec parts[1023];
    const int source = static_cast<int>(must(open("/dev/urandom", O_RDONLY | O_CLOEXEC), "open"));
    for (iovec& part : parts) part = {bytes, sizeof bytes};
    for (;;) must(readv(source, parts, 1023), "readv");
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
    {"busy-user-loop", "none|spinning", false, "", "a loop without a system call", user_loop},
    {"busy-starved-worker", "none|spinning", false, "",
     "two workers pass a token; one is SCHED_IDLE on the CPU of a loop", starved_worker},
};

}  // namespace
}  // namespace hangrate::waits
