// SPDX-License-Identifier: GPL-2.0-or-later
//
// resize_stall ROUNDS: a parent makes a child's pipe larger while the child sleeps on it because it
// is full, and then waits for the child to end. There is room for all that the child has to write.
// On kernels without e95aada4cb93 (v6.8-rc1) the child now and then sleeps on for ever, in a pipe
// that takes data.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { page = 4096, pages = 16 };

static void give_up(const char* operation) {
  perror(operation);
  exit(2);
}

static void write_all(int out) {
  static char bytes[(pages + 1) * page];
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_NAME, "writer");
  for (size_t done = 0; done < sizeof bytes;) {
    const ssize_t n = write(out, bytes + done, sizeof bytes - done);
    if (n < 0) _exit(2);
    done += (size_t)n;
  }
  _exit(0);
}

/// Is it asleep, by proc_pid_stat(5)?
static int asleep(pid_t pid) {
  char path[64], text[128] = "";
  snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0 || read(file, text, sizeof text - 1) < 0) give_up(path);
  close(file);
  const char* behind = strrchr(text, ')');
  return behind != NULL && behind[1] == ' ' && behind[2] == 'S';
}

static void round_of_it(void) {
  int ends[2], status = 0;
  if (pipe2(ends, O_CLOEXEC) != 0) give_up("pipe2");
  if (fcntl(ends[1], F_SETPIPE_SZ, pages * page) < 0) give_up("F_SETPIPE_SZ");
  const pid_t child = fork();
  if (child < 0) give_up("fork");
  if (child == 0) {
    close(ends[0]);
    write_all(ends[1]);
  }
  close(ends[1]);
  while (!asleep(child)) usleep(100);
  if (fcntl(ends[0], F_SETPIPE_SZ, 2 * pages * page) < 0) give_up("F_SETPIPE_SZ");
  if (waitpid(child, &status, 0) != child) give_up("waitpid");
  if (status != 0) exit(2);
  close(ends[0]);
}

int main(int argc, char** argv) {
  for (int left = argc == 2 ? atoi(argv[1]) : 1000; left > 0; --left) round_of_it();
  return 0;
}
