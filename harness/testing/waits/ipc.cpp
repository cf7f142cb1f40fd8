// SPDX-License-Identifier: GPL-2.0-or-later
//
// System V and POSIX IPC: anybody who knows the key or the name may send.
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>

#include "stage.h"

namespace hangrate::waits {
namespace {

struct Message {
  long type;
  char text[512];
};

int make_messages() {
  const int queue = static_cast<int>(must(msgget(IPC_PRIVATE, 0600), "msgget"));
  owes_messages(queue);
  return queue;
}
void receiving() {
  const int queue = make_messages();
  start(SYS_msgrcv, {}, [=] {
    Message message;
    must(msgrcv(queue, &message, sizeof message.text, 0, 0), "msgrcv");
  });
}
void sending() {
  const int queue = make_messages();
  start(SYS_msgsnd, {}, [=] {
    Message message = {1, ""};
    for (;;) must(msgsnd(queue, &message, sizeof message.text, 0), "msgsnd");
  });
}
void decrementing() {
  const int set = static_cast<int>(must(semget(IPC_PRIVATE, 1, 0600), "semget"));
  owes_semaphores(set);
  start(kAnyCall, {}, [=] {
    sembuf down = {0, -1, 0};
    must(semop(set, &down, 1), "semop");
  });
}
void named_queue() {
  char name[64];
  snprintf(name, sizeof name, "/wait-case-%d", getpid());
  mq_attr attributes = {};
  attributes.mq_maxmsg = 1;
  attributes.mq_msgsize = 16;
  const int queue = static_cast<int>(
      must(mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attributes), "mq_open"));
  must(mq_unlink(name), "mq_unlink");
  start(SYS_mq_timedreceive, {queue}, [=] {
    char bytes[16];
    must(mq_receive(queue, bytes, sizeof bytes, nullptr), "mq_receive");
  });
}

const Family kIpc{
    {"sysv-receive", "none", false, "", "msgrcv of an empty queue", receiving},
    {"sysv-send", "none", false, "", "msgsnd to a full queue", sending},
    {"sysv-semaphore", "none", false, "", "semop of a semaphore at 0", decrementing},
    {"mq-receive", "none|stuck", false, "", "mq_receive of an empty queue without a name",
     named_queue},
};

}  // namespace
}  // namespace hangrate::waits
