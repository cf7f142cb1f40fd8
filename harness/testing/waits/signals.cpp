// SPDX-License-Identifier: GPL-2.0-or-later
//
// Waits that a signal could end for the better: its handler may do what nobody else can. And
// sleepers that wait for nothing but a signal.
#include <errno.h>
#include <fcntl.h>
#include <sys/time.h>
#include <time.h>

#include "stage.h"

namespace hangrate::waits {
namespace {

int told = -1;
void tell(int) {
  if (write(told, "x", 1) < 0) return;
}
void caught(int) {}

/// Reads what only itself could write, after `prepare`.
void with_own_end(void (*prepare)()) {
  start(SYS_read, {}, [=] {
    const Ends ends = make_pipe();
    told = ends.write;
    prepare();
    read_byte(ends.read);
  });
}
void self_pipe() {
  with_own_end([] { signal(SIGUSR1, tell); });
}
void blocked_handler() {
  with_own_end([] {
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigprocmask(SIG_BLOCK, &blocked, nullptr);
    signal(SIGUSR1, tell);
  });
}
void ignored_signal() {
  with_own_end([] { signal(SIGUSR1, SIG_IGN); });
}
void alarm_handler() {
  with_own_end([] {
    signal(SIGALRM, tell);
    alarm(3600);
  });
}
void alarm_default() {
  with_own_end([] { alarm(3600); });
}
void interval_timer() {
  with_own_end([] {
    const itimerval hour = {{3600, 0}, {3600, 0}};
    signal(SIGALRM, tell);
    must(setitimer(ITIMER_REAL, &hour, nullptr), "setitimer");
  });
}
void posix_timer() {
  with_own_end([] {
    const itimerspec hour = {{0, 0}, {3600, 0}};
    timer_t timer;
    signal(SIGALRM, tell);
    must(timer_create(CLOCK_MONOTONIC, nullptr, &timer), "timer_create");
    must(timer_settime(timer, 0, &hour, nullptr), "timer_settime");
  });
}
void child_handler() {
  with_own_end([] {
    signal(SIGCHLD, tell);
    start(SYS_clock_nanosleep, {}, nap);
  });
}
/// A waiting parent and a full pipe, and the writer catches a signal, as dd does SIGUSR1.
void catching_writer() {
  start(SYS_wait4, {}, [] {
    const Ends ends = make_pipe();
    const pid_t child = start(SYS_write, {ends.write}, [=] {
      signal(SIGUSR1, caught);
      fill(ends.write);
      write_byte(ends.write);
    });
    close(ends.write);
    wait_for(child);
  });
}

void pausing() {
  start(kPause, {}, rest);
}
void suspended() {
  start(SYS_rt_sigsuspend, {}, [] {
    sigset_t all;
    sigfillset(&all);
    sigsuspend(&all);
  });
}
void sigwaiting() {
  start(SYS_rt_sigtimedwait, {}, [] {
    sigset_t wanted;
    int number;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGUSR1);
    sigprocmask(SIG_BLOCK, &wanted, nullptr);
    sigwait(&wanted, &number);
  });
}
/// The idiom of scripts for sleeping for ever: both ends of its pipe are its own.
void bash_sleeps() {
  start(SYS_read, {}, [] {
    for (int fd = 0; fd < 3; ++fd)
      if (open("/dev/null", O_RDWR) != fd) fail("/dev/null");  // NOLINT(android-cloexec-open)
    execl("/bin/bash", "bash", "-c", "read <> <(:)", nullptr);
    fail("execl");
  });
}

const Family kSignals{
    {"signal-self-pipe", "stuck", true, "",
     "reader with the only write end its own, and a handler that writes", self_pipe},
    {"signal-handler-blocked", "orphaned", false, "", "the same, the signal is blocked",
     blocked_handler},
    {"signal-ignored", "orphaned", false, "", "the same, the signal is ignored", ignored_signal},
    {"signal-alarm-handler", "stuck", true, "", "the same with an alarm in an hour", alarm_handler},
    // It kills: that ends the hang, and releases nobody.
    {"signal-alarm-default", "orphaned", false, "",
     "no handler, but the alarm in an hour ends the process", alarm_default},
    {"signal-interval-timer", "stuck|none", true, "", "the same with setitimer", interval_timer},
    {"signal-posix-timer", "stuck|none", true, "", "the same with timer_create", posix_timer},
    {"signal-child-handler", "stuck|none", true, "",
     "the handler of SIGCHLD writes, and a child naps", child_handler},
    {"signal-catching-writer", "stuck", true, "",
     "parent in wait4, child in write to a full pipe, and it catches SIGUSR1", catching_writer},
    {"signal-pause", "none", false, "", "pause", pausing},
    {"signal-suspend", "none", false, "", "sigsuspend with all signals blocked", suspended},
    {"signal-wait", "none", false, "", "sigwait", sigwaiting},
    {"signal-bash-sleeps", "stuck|none", true, "bash",
     "bash reads from a pipe of its own; it catches signals", bash_sleeps},
};

}  // namespace
}  // namespace hangrate::waits
