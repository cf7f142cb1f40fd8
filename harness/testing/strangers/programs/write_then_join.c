// SPDX-License-Identifier: GPL-2.0-or-later
// Hangs: joins a thread that writes more into a pipe than it holds.
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static int ends[2];

static void* fill(void* size) {
  char* bytes = calloc(1, *(size_t*)size);
  return write(ends[1], bytes, *(size_t*)size) < 0 ? NULL : bytes;
}

int main(void) {
  size_t size = 1 << 20;
  pthread_t writer;
  if (pipe(ends) != 0 || pthread_create(&writer, NULL, fill, &size) != 0) return 4;
  pthread_join(writer, NULL);
  return 0;
}
