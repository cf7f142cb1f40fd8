// SPDX-License-Identifier: GPL-2.0-or-later
// Hangs: a child of vfork waits for a byte of the parent, which stands still until it executes.
#define _GNU_SOURCE
#include <sys/wait.h>
#include <unistd.h>

static int ends[2];

int main(void) {
  char byte;
  if (pipe(ends) != 0) return 4;
  const pid_t child = vfork();
  if (child == 0) {
    if (read(ends[0], &byte, 1) == 1) execl("/bin/true", "true", (char*)NULL);
    _exit(4);
  }
  if (write(ends[1], "x", 1) != 1) return 4;
  waitpid(child, NULL, 0);
  return 0;
}
