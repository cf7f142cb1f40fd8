// SPDX-License-Identifier: GPL-2.0-or-later
//
// The FUSE protocol as far as one directory with one file needs it: a request's bytes in, the reply
// out. Makes no system call.
#pragma once

#include <errno.h>
#include <linux/fuse.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

/// The file in the root of the mount, and what is in it.
#define HANG_FUSE_FILE "file"
#define HANG_FUSE_TEXT "a file on a mount whose server can die\n"
enum { HANG_FUSE_NODE = 2 };

/// The start of a request, zeros where it is shorter (older kernels).
struct hang_fuse_request {
  fuse_in_header header;
  union {
    fuse_init_in init;
    fuse_read_in read;
    char name[128];
  } body;
};
struct hang_fuse_reply {
  fuse_out_header header;
  union {
    fuse_init_out init;
    fuse_entry_out entry;
    fuse_attr_out attr;
    fuse_open_out open;
    fuse_statfs_out statfs;
    char data[128];
  } body;
};
static_assert(sizeof(fuse_in_header) == 40 && sizeof(fuse_out_header) == 16, "");
static_assert(sizeof(fuse_init_out) == 64 && sizeof(fuse_entry_out) == 128, "");
static_assert(sizeof(fuse_attr_out) == 104 && sizeof(fuse_open_out) == 16, "");

inline hang_fuse_request hang_fuse_read(const void* bytes, size_t size) {
  hang_fuse_request request;
  memset(&request, 0, sizeof request);
  memcpy(&request, bytes, size < sizeof request ? size : sizeof request);
  return request;
}

inline fuse_attr hang_fuse_attributes(uint64_t node) {
  const bool is_root = node == FUSE_ROOT_ID;
  fuse_attr attr;
  memset(&attr, 0, sizeof attr);
  attr.ino = node;
  attr.blksize = 4096;
  attr.mode = is_root ? S_IFDIR | 0755 : S_IFREG | 0644;
  attr.nlink = is_root ? 2 : 1;
  attr.size = is_root ? 0 : sizeof HANG_FUSE_TEXT - 1;
  return attr;
}

// What follows fills in the body. It returns its size, or a negative errno.

/// Speaks 7.31, the minor of v5.4. Nothing later is needed, and a server that names it gets every
/// structure in the size <linux/fuse.h> has had since 7.23, whatever the kernel offers.
inline long hang_fuse_init(const fuse_init_in& in, fuse_init_out* out) {
  if (in.major < 7) return -EPROTO;
  out->major = 7;
  if (in.major > 7) return sizeof *out;  // the kernel sends INIT again, speaking our major
  out->minor = in.minor < 31 ? in.minor : 31;
  out->max_readahead = in.max_readahead;
  out->max_write = 4096;
  out->time_gran = 1;
  if (in.minor < 5) return FUSE_COMPAT_INIT_OUT_SIZE;
  return in.minor < 23 ? FUSE_COMPAT_22_INIT_OUT_SIZE : static_cast<long>(sizeof *out);
}

/// A trial never asks for the same entry or attribute twice: both stay valid for an hour.
inline long hang_fuse_lookup(const hang_fuse_request& request, fuse_entry_out* out) {
  const bool found = request.header.nodeid == FUSE_ROOT_ID &&
                     strncmp(request.body.name, HANG_FUSE_FILE, sizeof request.body.name) == 0;
  if (!found) return -ENOENT;
  out->nodeid = HANG_FUSE_NODE;
  out->entry_valid = out->attr_valid = 3600;
  out->attr = hang_fuse_attributes(HANG_FUSE_NODE);
  return sizeof *out;
}

inline long hang_fuse_getattr(uint64_t node, fuse_attr_out* out) {
  if (node != FUSE_ROOT_ID && node != HANG_FUSE_NODE) return -ENOENT;
  out->attr_valid = 3600;
  out->attr = hang_fuse_attributes(node);
  return sizeof *out;
}

/// Without FOPEN_NOFLUSH, which would take the FLUSH away.
inline long hang_fuse_open(uint64_t node, fuse_open_out* out) {
  if (node != HANG_FUSE_NODE) return -EISDIR;
  out->fh = 1;
  return sizeof *out;
}

inline long hang_fuse_data(const fuse_read_in& in, char* data) {
  const size_t all = sizeof HANG_FUSE_TEXT - 1;
  if (in.offset >= all) return 0;
  const size_t left = all - static_cast<size_t>(in.offset);
  const size_t size = in.size < left ? in.size : left;
  memcpy(data, &HANG_FUSE_TEXT[in.offset], size);
  return static_cast<long>(size);
}

inline long hang_fuse_statfs(fuse_statfs_out* out) {
  out->st.bsize = out->st.frsize = 4096;
  out->st.namelen = 255;
  return sizeof *out;
}

inline long hang_fuse_body(const hang_fuse_request& request, hang_fuse_reply* reply) {
  switch (request.header.opcode) {
    case FUSE_INIT:
      return hang_fuse_init(request.body.init, &reply->body.init);
    case FUSE_LOOKUP:
      return hang_fuse_lookup(request, &reply->body.entry);
    case FUSE_GETATTR:
      return hang_fuse_getattr(request.header.nodeid, &reply->body.attr);
    case FUSE_OPEN:
      return hang_fuse_open(request.header.nodeid, &reply->body.open);
    case FUSE_READ:
      return hang_fuse_data(request.body.read, reply->body.data);
    case FUSE_STATFS:
      return hang_fuse_statfs(&reply->body.statfs);
    case FUSE_FLUSH:
    case FUSE_FSYNC:  // ENOSYS would be the last FSYNC: fc->no_fsync
    case FUSE_RELEASE:
    case FUSE_DESTROY:
      return 0;
    default:
      return -ENOSYS;
  }
}

/// FORGET wants no reply. INTERRUPT may be ignored: the request it is about gets its own, or none.
inline bool hang_fuse_wants_reply(uint32_t opcode) {
  return opcode != FUSE_FORGET && opcode != FUSE_BATCH_FORGET && opcode != FUSE_INTERRUPT;
}

/// The bytes of `reply` to write back: the answer, or `error` (an errno) in its place.
inline size_t hang_fuse_answer(const hang_fuse_request& request, int error,
                               hang_fuse_reply* reply) {
  memset(reply, 0, sizeof *reply);
  const long body = error != 0 ? -error : hang_fuse_body(request, reply);
  reply->header.unique = request.header.unique;
  reply->header.error = body < 0 ? static_cast<int>(body) : 0;
  reply->header.len =
      static_cast<uint32_t>(sizeof reply->header) + (body > 0 ? static_cast<uint32_t>(body) : 0);
  return reply->header.len;
}
