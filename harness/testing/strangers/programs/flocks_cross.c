// SPDX-License-Identifier: GPL-2.0-or-later
// Hangs: two processes lock two files in different orders.
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
  char names[2][64];
  int said[2], heard[2];
  char byte;
  for (int i = 0; i < 2; ++i) {
    snprintf(names[i], sizeof names[i], "/tmp/flocks_cross.%d.%d", getpid(), i);
    close(open(names[i], O_CREAT | O_RDWR, 0600));
  }
  if (pipe(said) != 0 || pipe(heard) != 0) return 4;
  const pid_t child = fork();
  const int me = child == 0;
  const int first = open(names[me], O_RDWR), second = open(names[!me], O_RDWR);
  flock(first, LOCK_EX);
  if (write((me ? said : heard)[1], "x", 1) != 1) return 4;
  if (read((me ? heard : said)[0], &byte, 1) != 1) return 4;
  if (!me) {
    unlink(names[0]);
    unlink(names[1]);
  }
  flock(second, LOCK_EX);
  if (!me) waitpid(child, NULL, 0);
  return 0;
}
