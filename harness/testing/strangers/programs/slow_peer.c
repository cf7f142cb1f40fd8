// SPDX-License-Identifier: GPL-2.0-or-later
// Clean: a parent reads what its child writes after a second.
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
  int ends[2];
  char byte;
  if (pipe(ends) != 0) return 4;
  if (fork() == 0) {
    sleep(1);
    _exit(write(ends[1], "x", 1) == 1 ? 0 : 4);
  }
  if (read(ends[0], &byte, 1) != 1) return 4;
  wait(NULL);
  return 0;
}
