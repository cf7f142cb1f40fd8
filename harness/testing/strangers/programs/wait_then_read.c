// SPDX-License-Identifier: GPL-2.0-or-later
// Hangs: a child fills its standard output, which the parent reads when it has ended.
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
  int ends[2], status;
  char bytes[4096];
  if (pipe(ends) != 0) return 4;
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
    for (int line = 0; line < 100000; ++line) printf("line %d\n", line);
    return 0;
  }
  close(ends[1]);
  waitpid(child, &status, 0);
  while (read(ends[0], bytes, sizeof bytes) > 0) continue;
  return 0;
}
