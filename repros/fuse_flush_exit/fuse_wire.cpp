// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/fuse_flush_exit/fuse_wire.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <linux/fuse.h>
#include <sys/stat.h>

namespace hangrate::fuse_flush_exit {

namespace {

constexpr std::uint64_t kFileNode = 2;
constexpr std::uint64_t kForever = 3600;  // s; a trial never asks for the same attribute twice

// Spoken: 7.31, the minor of v5.4. Nothing later is needed, and a server that names it gets every
// structure below in the size <linux/fuse.h> has had since 7.23, whatever the kernel offers.
constexpr std::uint32_t kMajor = 7;
constexpr std::uint32_t kMinor = 31;
static_assert(sizeof(fuse_in_header) == 40 && sizeof(fuse_out_header) == 16);
static_assert(sizeof(fuse_init_out) == 64 && sizeof(fuse_entry_out) == 128);
static_assert(sizeof(fuse_attr_out) == 104 && sizeof(fuse_open_out) == 16);

class Replier {
 public:
  Replier(FuseAnswer& answer, std::uint64_t unique) : answer_(answer), unique_(unique) {}

  void error(int error_number) { finish(-error_number, 0); }
  void empty() { finish(0, 0); }

  template <typename T>
  void value(const T& value, std::size_t size = sizeof(T)) {
    static_assert(sizeof(fuse_out_header) + sizeof(T) <= sizeof(answer_.buffer));
    std::memcpy(answer_.buffer.data() + sizeof(fuse_out_header), &value, size);
    finish(0, size);
  }

  void bytes(std::string_view data) {
    const std::size_t room = answer_.buffer.size() - sizeof(fuse_out_header);
    const std::size_t size = std::min(data.size(), room);
    std::memcpy(answer_.buffer.data() + sizeof(fuse_out_header), data.data(), size);
    finish(0, size);
  }

 private:
  void finish(int error_number, std::size_t size) {
    fuse_out_header header{};
    header.len = static_cast<std::uint32_t>(sizeof header + size);
    header.error = error_number;
    header.unique = unique_;
    std::memcpy(answer_.buffer.data(), &header, sizeof header);
    answer_.handling = FuseHandling::Answered;
    answer_.length = header.len;
  }

  FuseAnswer& answer_;
  std::uint64_t unique_;
};

/// The fixed part of a request's body, zeros where the request is shorter (older kernels).
template <typename T>
T body_as(std::span<const std::byte> body) {
  T value{};
  std::memcpy(&value, body.data(), std::min(body.size(), sizeof value));
  return value;
}

std::string_view name_in(std::span<const std::byte> body) {
  const auto end = std::find(body.begin(), body.end(), std::byte{0});
  return {reinterpret_cast<const char*>(body.data()), static_cast<std::size_t>(end - body.begin())};
}

fuse_attr attributes(std::uint64_t node) {
  fuse_attr attr{};
  attr.ino = node;
  attr.blksize = 4096;
  if (node == FUSE_ROOT_ID) {
    attr.mode = S_IFDIR | 0755;
    attr.nlink = 2;
  } else {
    attr.mode = S_IFREG | 0644;
    attr.nlink = 1;
    attr.size = kFuseFileContent.size();
  }
  return attr;
}

void answer_init(Replier& replier, std::span<const std::byte> body) {
  const auto in = body_as<fuse_init_in>(body);
  if (in.major < kMajor) return replier.error(EPROTO);
  fuse_init_out out{};
  out.major = kMajor;
  // A newer major: the kernel looks at ours only and sends INIT again, speaking it.
  if (in.major == kMajor) {
    out.minor = std::min(in.minor, kMinor);
    out.max_readahead = in.max_readahead;
    out.max_write = 4096;
    out.time_gran = 1;
  }
  std::size_t size = sizeof out;
  if (in.major == kMajor && in.minor < 23) size = FUSE_COMPAT_22_INIT_OUT_SIZE;
  if (in.major == kMajor && in.minor < 5) size = FUSE_COMPAT_INIT_OUT_SIZE;
  replier.value(out, size);
}

void answer_lookup(Replier& replier, const fuse_in_header& header,
                   std::span<const std::byte> body) {
  if (header.nodeid != FUSE_ROOT_ID || name_in(body) != kFuseFileName) return replier.error(ENOENT);
  fuse_entry_out out{};
  out.nodeid = kFileNode;
  out.entry_valid = kForever;
  out.attr_valid = kForever;
  out.attr = attributes(kFileNode);
  replier.value(out);
}

void answer_getattr(Replier& replier, std::uint64_t node) {
  if (node != FUSE_ROOT_ID && node != kFileNode) return replier.error(ENOENT);
  fuse_attr_out out{};
  out.attr_valid = kForever;
  out.attr = attributes(node);
  replier.value(out);
}

void answer_read(Replier& replier, std::span<const std::byte> body) {
  const auto in = body_as<fuse_read_in>(body);
  if (in.offset >= kFuseFileContent.size()) return replier.empty();
  replier.bytes(kFuseFileContent.substr(in.offset, in.size));
}

void answer_open(Replier& replier, std::uint64_t node) {
  if (node != kFileNode) return replier.error(EISDIR);
  fuse_open_out out{};  // open_flags 0: FOPEN_NOFLUSH would take the FLUSH away that we want
  out.fh = 1;
  replier.value(out);
}

void answer_statfs(Replier& replier) {
  fuse_statfs_out out{};
  out.st.bsize = 4096;
  out.st.frsize = 4096;
  out.st.namelen = 255;
  replier.value(out);
}

}  // namespace

FuseAnswer answer_request(std::span<const std::byte> request, const FuseDiet& diet) {
  FuseAnswer answer;
  if (request.size() < sizeof(fuse_in_header)) return answer;
  fuse_in_header header{};
  std::memcpy(&header, request.data(), sizeof header);
  const std::span<const std::byte> body = request.subspan(sizeof header);
  Replier replier(answer, header.unique);
  answer.opcode = header.opcode;

  if ((diet.eat_flush && header.opcode == FUSE_FLUSH) ||
      (diet.eat_lookup && header.opcode == FUSE_LOOKUP)) {
    answer.handling = FuseHandling::Eaten;
    return answer;
  }
  switch (header.opcode) {
    case FUSE_INIT:
      answer_init(replier, body);
      break;
    case FUSE_LOOKUP:
      answer_lookup(replier, header, body);
      break;
    case FUSE_GETATTR:
      answer_getattr(replier, header.nodeid);
      break;
    case FUSE_OPEN:
      answer_open(replier, header.nodeid);
      break;
    case FUSE_READ:
      answer_read(replier, body);
      break;
    case FUSE_STATFS:
      answer_statfs(replier);
      break;
    case FUSE_FLUSH:
      if (diet.refuse_flush) {
        replier.error(ENOSYS);
      } else {
        replier.empty();
      }
      break;
    case FUSE_RELEASE:
    case FUSE_DESTROY:
      replier.empty();
      break;
    case FUSE_FORGET:
    case FUSE_BATCH_FORGET:
    case FUSE_INTERRUPT:  // may be ignored: the request it is about gets its own reply, or none
      break;
    default:
      replier.error(ENOSYS);
  }
  return answer;
}

}  // namespace hangrate::fuse_flush_exit
