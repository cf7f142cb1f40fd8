// SPDX-License-Identifier: GPL-2.0-or-later
// A finding: compares what it reads with what it wrote, and exits with 1.
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void) {
  int ends[2];
  char bytes[8] = "";
  if (pipe(ends) != 0 || write(ends[1], "wrong", 6) != 6) return 4;
  if (read(ends[0], bytes, sizeof bytes) < 0) return 4;
  if (strcmp(bytes, "right") == 0) return 0;
  fprintf(stderr, "read \"%s\" in place of \"right\"\n", bytes);
  return 1;
}
