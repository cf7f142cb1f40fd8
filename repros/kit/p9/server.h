// SPDX-License-Identifier: GPL-2.0-or-later
//
// A 9P2000.L server of a directory with one folder in it, both empty else, over a stream socket: as
// much as a mount needs. What it does with a message is the caller's choice.
#pragma once

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/// Types of requests; the answer of each has the number that follows. Rlerror answers any.
enum {
  HANG_P9_RLERROR = 7,
  HANG_P9_LOPEN = 12,
  HANG_P9_GETATTR = 24,
  HANG_P9_VERSION = 100,
  HANG_P9_ATTACH = 104,
  HANG_P9_FLUSH = 108,
  HANG_P9_WALK = 110,
  HANG_P9_CLUNK = 120
};
/// What to do with a request.
enum { HANG_P9_ANSWER, HANG_P9_WITHHOLD };

constexpr const char* kHangP9Folder = "folder";

/// A message: its size in 4 bytes, its type in one, its tag in 2, its body; numbers are little
/// endian.
struct hang_p9_message {
  uint32_t size = 7;
  uint8_t bytes[8192];

  uint8_t type() const { return bytes[4]; }
  /// The number of `width` bytes at `at`; 0 beyond the end.
  uint32_t number(uint32_t at, unsigned width) const {
    uint32_t value = 0;
    for (unsigned i = width; i-- > 0 && at + width <= size;) value = value << 8 | bytes[at + i];
    return value;
  }
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

/// The identity of a directory, 13 bytes: the number that the client has given it (fid), which a
/// client without a cache does not mind.
inline void hang_p9_add_qid(uint32_t fid, hang_p9_message* reply) {
  reply->add(0x80 /* a directory */, 1);
  reply->add(0, 4);
  reply->add(fid, 8);
}
/// To a TWALK: fid, new fid, count of names (none: the same directory once more), names. False: no
/// such file.
inline bool hang_p9_walk(const hang_p9_message& request, hang_p9_message* reply) {
  const uint32_t names = request.number(15, 2), length = request.number(17, 2);
  const bool folder = names == 1 && length == strlen(kHangP9Folder) &&
                      19 + length == request.size &&
                      memcmp(request.bytes + 19, kHangP9Folder, length) == 0;
  if (request.size < 17 || (names > 0 && !folder)) return false;
  reply->add(names, 2);
  if (folder) hang_p9_add_qid(request.number(11, 4), reply);
  return true;
}
/// The answer to `request`. Any other name that is looked up does not exist.
inline void hang_p9_reply(const hang_p9_message& request, hang_p9_message* reply) {
  uint8_t type = static_cast<uint8_t>(request.type() + 1);
  reply->size = 7;
  switch (request.type()) {
    case HANG_P9_VERSION:  // the client's size and version suit us
      memcpy(reply->bytes + 7, request.bytes + 7, request.size - 7);
      reply->size = request.size;
      break;
    case HANG_P9_ATTACH:
      hang_p9_add_qid(request.number(7, 4), reply);
      break;
    case HANG_P9_WALK:
      if (hang_p9_walk(request, reply)) break;
      type = HANG_P9_RLERROR;
      reply->add(ENOENT, 4);
      break;
    case HANG_P9_LOPEN:
      hang_p9_add_qid(request.number(7, 4), reply);
      reply->add(0, 4);  // as much at once as the client likes
      break;
    case HANG_P9_GETATTR:
      reply->add(0x7ff /* the basic ones */, 8);
      hang_p9_add_qid(request.number(7, 4), reply);
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
      reply->add(EOPNOTSUPP, 4);
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
