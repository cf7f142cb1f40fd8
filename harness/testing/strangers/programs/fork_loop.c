// SPDX-License-Identifier: GPL-2.0-or-later
// Clean: a child per round, killed if it takes too long. None does.
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void execute_one(int round) {
  int ends[2];
  char byte;
  if (pipe2(ends, round % 2 ? O_DIRECT : 0) != 0) exit(0);
  if (write(ends[1], "x", 1) == 1 && read(ends[0], &byte, 1) != 1) exit(0);
  fcntl(ends[1], F_SETPIPE_SZ, 4096 << round % 5);
}

int main(void) {
  for (int round = 0; round < 20; ++round) {
    const pid_t child = fork();
    if (child == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      setpgrp();
      execute_one(round);
      _exit(0);
    }
    for (const long start = now_ms(); waitpid(child, NULL, WNOHANG) != child; usleep(1000)) {
      if (now_ms() - start < 5000) continue;
      kill(-child, SIGKILL);
      kill(child, SIGKILL);
    }
  }
  return 0;
}
