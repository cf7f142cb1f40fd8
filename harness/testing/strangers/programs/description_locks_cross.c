// SPDX-License-Identifier: GPL-2.0-or-later
// Hangs: two processes lock two ranges of a file in different orders, by OFD locks.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void lock(int file, off_t start) {
  struct flock range = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = start, .l_len = 8};
  if (fcntl(file, F_OFD_SETLKW, &range) != 0) _exit(4);
}

int main(void) {
  char name[] = "/tmp/description_locks.XXXXXX";
  int said[2], heard[2];
  char byte;
  const int file = mkstemp(name), again = open(name, O_RDWR);
  unlink(name);
  if (pipe(said) != 0 || pipe(heard) != 0) return 4;
  const pid_t child = fork();
  const int me = child == 0;
  close(me ? file : again);
  lock(me ? again : file, me ? 8 : 0);
  if (write((me ? said : heard)[1], "x", 1) != 1) return 4;
  if (read((me ? heard : said)[0], &byte, 1) != 1) return 4;
  lock(me ? again : file, me ? 0 : 8);
  if (!me) waitpid(child, NULL, 0);
  return 0;
}
