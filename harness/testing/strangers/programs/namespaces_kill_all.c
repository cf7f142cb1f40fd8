// SPDX-License-Identifier: GPL-2.0-or-later
// Clean: the init of a pid namespace kills all in it, among them one that waits for ever.
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void sandboxed(void) {
  const pid_t sleeper = fork();
  if (sleeper == 0) {
    for (;;) pause();
  }
  usleep(20000);
  kill(-1, SIGKILL);
  while (waitpid(-1, NULL, __WALL) > 0) continue;
  exit(0);
}

int main(void) {
  int status = 0;
  if (unshare(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWUTS) != 0)
    return 4;
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) return 4;
  const pid_t init = fork();
  if (init == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sandboxed();
  }
  while (waitpid(init, &status, __WALL) != init) continue;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 4;
}
