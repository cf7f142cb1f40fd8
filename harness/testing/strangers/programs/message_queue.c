// SPDX-License-Identifier: GPL-2.0-or-later
// Stuck: receives from a queue, which more than its holders could send to.
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
  char name[64], message[64];
  struct mq_attr sizes = {.mq_maxmsg = 1, .mq_msgsize = sizeof message};
  snprintf(name, sizeof name, "/message_queue.%d", getpid());
  const mqd_t queue = mq_open(name, O_CREAT | O_EXCL | O_RDWR, 0600, &sizes);
  if (queue < 0 || mq_unlink(name) != 0) return 4;
  return mq_receive(queue, message, sizeof message, NULL) < 0 ? 4 : 0;
}
