// SPDX-License-Identifier: GPL-2.0-or-later
//
// A 9P2000.L server of one empty directory, over a stream socket: as much as a mount needs. What it
// does with a message is the caller's choice.
#pragma once

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/// Types of requests; the answer of each has the number that follows. Rlerror answers any.
enum {
  HANG_P9_RLERROR = 7,
  HANG_P9_GETATTR = 24,
  HANG_P9_VERSION = 100,
  HANG_P9_ATTACH = 104,
  HANG_P9_FLUSH = 108,
  HANG_P9_WALK = 110,
  HANG_P9_CLUNK = 120
};
/// What to do with a request.
enum { HANG_P9_ANSWER, HANG_P9_WITHHOLD };

/// A message: its size in 4 bytes, its type in one, its tag in 2, its body; numbers are little
/// endian.
struct hang_p9_message {
  uint32_t size = 7;
  uint8_t bytes[8192];

  uint8_t type() const { return bytes[4]; }
  void add(uint64_t value, unsigned width) {
    for (unsigned i = 0; i < width; ++i) bytes[size++] = static_cast<uint8_t>(value >> 8 * i);
  }
  /// Writes what stands before the body.
  void finish(uint8_t type, const uint8_t* tag) {
    for (unsigned i = 0; i < 4; ++i) bytes[i] = static_cast<uint8_t>(size >> 8 * i);
    bytes[4] = type;
    memcpy(bytes + 5, tag, 2);
  }
};

/// The identity of the directory, 13 bytes.
inline void hang_p9_add_qid(hang_p9_message* reply) {
  reply->add(0x80 /* a directory */, 1);
  reply->add(0, 4);
  reply->add(1, 8);
}
/// The answer to `request`. A name that is looked up does not exist.
inline void hang_p9_reply(const hang_p9_message& request, hang_p9_message* reply) {
  uint8_t type = static_cast<uint8_t>(request.type() + 1);
  reply->size = 7;
  switch (request.type()) {
    case HANG_P9_VERSION:  // the client's size and version suit us
      memcpy(reply->bytes + 7, request.bytes + 7, request.size - 7);
      reply->size = request.size;
      break;
    case HANG_P9_ATTACH:
      hang_p9_add_qid(reply);
      break;
    case HANG_P9_GETATTR:
      reply->add(0x7ff /* the basic ones */, 8);
      hang_p9_add_qid(reply);
      reply->add(040755, 4);
      reply->add(0, 8);                                               // uid, gid
      reply->add(2, 8);                                               // links
      for (int i = 0; i < 14; ++i) reply->add(i == 2 ? 4096 : 0, 8);  // rdev, size, blksize, ...
      break;
    case HANG_P9_FLUSH:
    case HANG_P9_CLUNK:
      break;
    default:
      type = HANG_P9_RLERROR;
      reply->add(request.type() == HANG_P9_WALK ? ENOENT : EOPNOTSUPP, 4);
  }
  reply->finish(type, request.bytes + 5);
}
inline bool hang_p9_read(int socket, hang_p9_message* request) {
  if (recv(socket, request->bytes, 7, MSG_WAITALL) != 7) return false;
  const uint8_t* at = request->bytes;
  request->size = 0;
  for (int i = 3; i >= 0; --i) request->size = request->size << 8 | at[i];
  if (request->size < 7 || request->size > sizeof request->bytes) return false;
  const ssize_t body = request->size - 7;
  return body == 0 ||
         recv(socket, request->bytes + 7, static_cast<size_t>(body), MSG_WAITALL) == body;
}
/// Fails `request` with `error`.
inline void hang_p9_refuse(const hang_p9_message& request, uint32_t error, hang_p9_message* reply) {
  reply->size = 7;
  reply->add(error, 4);
  reply->finish(HANG_P9_RLERROR, request.bytes + 5);
}
/// Does `flush`, a TFLUSH, ask to forget `request`?
inline bool hang_p9_flushes(const hang_p9_message& flush, const hang_p9_message& request) {
  return memcmp(flush.bytes + 7, request.bytes + 5, 2) == 0;
}
inline bool hang_p9_send(int socket, const hang_p9_message& reply) {
  return send(socket, reply.bytes, reply.size, MSG_NOSIGNAL) == static_cast<ssize_t>(reply.size);
}
/// Serves until the client is gone. `choose` is asked about the type of each request.
inline void hang_p9_serve(int socket, int (*choose)(uint8_t type)) {
  static hang_p9_message request, reply;
  while (hang_p9_read(socket, &request)) {
    if (choose(request.type()) == HANG_P9_WITHHOLD) continue;
    hang_p9_reply(request, &reply);
    if (!hang_p9_send(socket, reply)) return;
  }
}
