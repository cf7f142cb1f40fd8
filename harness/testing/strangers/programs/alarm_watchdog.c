// SPDX-License-Identifier: GPL-2.0-or-later
// Clean: waits for what never comes, until its alarm goes off.
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

static void too_late(int number) {
  (void)number;
  _exit(0);
}

int main(void) {
  int ends[2];
  char byte;
  const struct itimerval limit = {{0, 0}, {0, 700000}};
  if (pipe(ends) != 0) return 4;
  signal(SIGALRM, too_late);
  setitimer(ITIMER_REAL, &limit, 0);
  return read(ends[0], &byte, 1) == 1 ? 0 : 4;
}
