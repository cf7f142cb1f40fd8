// SPDX-License-Identifier: GPL-2.0-or-later
// Hangs: two threads take two mutexes in different orders.
#include <pthread.h>

static pthread_mutex_t left = PTHREAD_MUTEX_INITIALIZER, right = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t both;

static void* other(void* unused) {
  pthread_mutex_lock(&right);
  pthread_barrier_wait(&both);
  pthread_mutex_lock(&left);
  return unused;
}

int main(void) {
  pthread_t thread;
  pthread_barrier_init(&both, NULL, 2);
  if (pthread_create(&thread, NULL, other, NULL) != 0) return 4;
  pthread_mutex_lock(&left);
  pthread_barrier_wait(&both);
  pthread_mutex_lock(&right);
  return 0;
}
