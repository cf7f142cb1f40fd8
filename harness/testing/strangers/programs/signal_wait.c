// SPDX-License-Identifier: GPL-2.0-or-later
// Stuck: waits for a signal, and who might send it shows nowhere.
#include <signal.h>
#include <stddef.h>

int main(void) {
  sigset_t wanted;
  int number;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGUSR1);
  sigprocmask(SIG_BLOCK, &wanted, NULL);
  return sigwait(&wanted, &number);
}
