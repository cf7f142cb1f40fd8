// SPDX-License-Identifier: GPL-2.0-or-later
// Hangs: a loop of events over pipes that only itself could write to.
#include <sys/select.h>
#include <unistd.h>

int main(void) {
  int pipes[3][2], last = 0;
  fd_set ready;
  FD_ZERO(&ready);
  for (int i = 0; i < 3; ++i) {
    if (pipe(pipes[i]) != 0) return 4;
    FD_SET(pipes[i][0], &ready);
    if (pipes[i][0] > last) last = pipes[i][0];
  }
  return select(last + 1, &ready, NULL, NULL, NULL) < 0 ? 4 : 0;
}
