// SPDX-License-Identifier: GPL-2.0-or-later
// Hangs: a child waits for a semaphore that its parent posts when the child has ended.
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
  sem_t* ready = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (ready == MAP_FAILED || sem_init(ready, 1, 0) != 0) return 4;
  if (fork() == 0) {
    sem_wait(ready);
    _exit(0);
  }
  wait(NULL);
  sem_post(ready);
  return 0;
}
