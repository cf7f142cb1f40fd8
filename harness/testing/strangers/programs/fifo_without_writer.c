// SPDX-License-Identifier: GPL-2.0-or-later
// Stuck: opens a FIFO to read; anybody may come and open it to write.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void) {
  char folder[] = "/tmp/fifo_without_writer.XXXXXX", name[64];
  if (mkdtemp(folder) == NULL) return 4;
  snprintf(name, sizeof name, "%s/fifo", folder);
  if (mkfifo(name, 0600) != 0) return 4;
  if (fork() == 0) {  // tidies up when it is killed with the others, or before
    usleep(200000);
    unlink(name);
    rmdir(folder);
    _exit(0);
  }
  return open(name, O_RDONLY) < 0 ? 4 : 0;
}
