// SPDX-License-Identifier: GPL-2.0-or-later
// Clean: threads of a pool make one call each, and are waited for with a time limit.
#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct thread {
  int call;
  uint32_t ready, done;
};
static struct thread threads[4];
static int ends[2] = {-1, -1};

static void wait_for(uint32_t* word, long milliseconds) {
  const struct timespec limit = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  while (!__atomic_load_n(word, __ATOMIC_ACQUIRE))
    if (syscall(SYS_futex, word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, &limit) != 0) return;
}
static void set(uint32_t* word) {
  __atomic_store_n(word, 1, __ATOMIC_RELEASE);
  syscall(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1);
}

static void* run(void* argument) {
  struct thread* self = argument;
  char bytes[16] = "x";
  wait_for(&self->ready, 1000);
  if (self->call == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return NULL;
  if (self->call == 1) send(ends[0], bytes, sizeof bytes, MSG_DONTWAIT);
  if (self->call == 2) recv(ends[1], bytes, sizeof bytes, 0);
  if (self->call == 3) shutdown(ends[0], SHUT_RDWR);
  set(&self->done);
  return NULL;
}

int main(void) {
  pthread_t id;
  for (int i = 0; i < 4; ++i) {
    threads[i].call = i;
    if (pthread_create(&id, NULL, run, &threads[i]) != 0) return 4;
    set(&threads[i].ready);
    wait_for(&threads[i].done, 45);
  }
  return 0;
}
