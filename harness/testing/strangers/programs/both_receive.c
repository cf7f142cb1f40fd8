// SPDX-License-Identifier: GPL-2.0-or-later
// Hangs: two that are connected both wait for the other to begin.
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
  int ends[2];
  char bytes[64];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0) return 4;
  const pid_t child = fork();
  const int mine = ends[child == 0];
  close(ends[child != 0]);
  if (recv(mine, bytes, sizeof bytes, 0) > 0) send(mine, "hello", 5, 0);
  if (child > 0) waitpid(child, NULL, 0);
  return 0;
}
