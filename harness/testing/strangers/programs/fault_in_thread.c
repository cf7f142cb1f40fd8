// SPDX-License-Identifier: GPL-2.0-or-later
// A finding: a thread writes where nothing is mapped.
#include <pthread.h>
#include <stddef.h>
#include <sys/mman.h>

static void* touch(void* page) {
  *(volatile char*)page = 1;
  return NULL;
}

int main(void) {
  pthread_t thread;
  void* page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED || munmap(page, 4096) != 0) return 4;
  if (pthread_create(&thread, NULL, touch, page) != 0) return 4;
  pthread_join(thread, NULL);
  return 0;
}
