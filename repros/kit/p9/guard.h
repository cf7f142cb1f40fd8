// SPDX-License-Identifier: GPL-2.0-or-later
//
// A server that holds a file on its own mount cannot be killed; only the end of the connection
// frees it, and only who has the client's end can end it. The worker has it. Should that die, a
// guard process (../guard.h) takes it from a mailbox, a pair of sockets.
#pragma once

#include "../guard.h"
#include "mount.h"

struct hang_p9_mailbox {
  hang_fd in, out;
};

inline void hang_p9_mailbox_make(hang_p9_mailbox* box) {
  int pair[2];
  hang_must(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), "socketpair");
  box->in.reset(pair[0]);
  box->out.reset(pair[1]);
}
/// One byte and a descriptor.
struct hang_p9_letter {
  char byte = 0;
  iovec part = {&byte, 1};
  alignas(cmsghdr) char room[CMSG_SPACE(sizeof(int))] = {};
  msghdr head = {nullptr, 0, &part, 1, room, sizeof room, 0};
};
/// The mailbox has a copy from now on.
inline void hang_p9_mailbox_put(const hang_p9_mailbox* box, int fd) {
  hang_p9_letter letter;
  cmsghdr* right = CMSG_FIRSTHDR(&letter.head);
  right->cmsg_level = SOL_SOCKET;
  right->cmsg_type = SCM_RIGHTS;
  right->cmsg_len = CMSG_LEN(sizeof fd);
  memcpy(CMSG_DATA(right), &fd, sizeof fd);
  hang_must(sendmsg(box->in, &letter.head, 0), "sendmsg");
}
/// The oldest one; -1: it is empty.
inline int hang_p9_mailbox_take(int out) {
  hang_p9_letter letter;
  int fd = -1;
  if (recvmsg(out, &letter.head, MSG_CMSG_CLOEXEC) == 1 && CMSG_FIRSTHDR(&letter.head) != nullptr)
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&letter.head)), sizeof fd);
  return fd;
}

/// In setup().
inline void hang_p9_guard_start(hang_p9_mailbox* box) {
  hang_p9_mailbox_make(box);
  const int out = box->out;
  hang_guard("p9-guard", out, [=] {
    for (int fd = hang_p9_mailbox_take(out); fd >= 0; fd = hang_p9_mailbox_take(out))
      shutdown(fd, SHUT_RDWR);
  });
}
/// This connection is to end if we die.
inline void hang_p9_guard(const hang_p9_mailbox* box, const hang_p9_mount* made) {
  hang_p9_mailbox_put(box, made->kernel_end);
}
inline void hang_p9_unguard(const hang_p9_mailbox* box) {
  const hang_fd forgotten(hang_p9_mailbox_take(box->out));
}
