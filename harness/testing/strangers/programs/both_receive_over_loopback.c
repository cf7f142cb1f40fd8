// SPDX-License-Identifier: GPL-2.0-or-later
// Hangs: client and server both wait for the other to begin.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  char bytes[64];
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(listener, (struct sockaddr*)&address, size) != 0 || listen(listener, 1) != 0) return 4;
  getsockname(listener, (struct sockaddr*)&address, &size);
  const pid_t child = fork();
  int end;
  if (child == 0) {
    close(listener);
    end = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(end, (struct sockaddr*)&address, size) != 0) return 4;
  } else {
    end = accept(listener, NULL, NULL);
    close(listener);
  }
  if (recv(end, bytes, sizeof bytes, 0) > 0) send(end, "hello", 5, 0);
  if (child > 0) waitpid(child, NULL, 0);
  return 0;
}
