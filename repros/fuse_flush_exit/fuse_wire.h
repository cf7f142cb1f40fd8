// SPDX-License-Identifier: GPL-2.0-or-later
//
// The FUSE wire protocol as far as one directory with one file needs it: request bytes in, reply
// bytes out. Pure; makes no system call and never blocks. fuse_server.h does the reading and
// writing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace hangrate::fuse_flush_exit {

/// The file served, in the root of the mount, and what is in it.
inline constexpr std::string_view kFuseFileName = "file";
inline constexpr std::string_view kFuseFileContent = "a file on a mount whose server can die\n";

/// What a server does with the requests our variants are about.
struct FuseDiet {
  /// Read and never answered: they stay "sent" for ever, as with a stopped or deadlocked server.
  bool eat_flush = false;
  bool eat_lookup = false;
  /// Answered with ENOSYS: from then on the kernel sends none (fc->no_flush, v6.1 fs/fuse/file.c
  /// fuse_flush()), so that nothing can hang in it. Never do this in a variant that is to hang.
  bool refuse_flush = false;
};

enum class FuseHandling {
  Answered,  ///< `reply` is to be written back
  NoReply,   ///< the protocol wants none: FORGET, INTERRUPT
  Eaten,     ///< the protocol wants one, the diet says no
};

struct FuseAnswer {
  FuseHandling handling = FuseHandling::NoReply;
  std::uint32_t opcode = 0;
  std::size_t length = 0;
  alignas(8) std::array<std::byte, 256> buffer{};

  std::span<const std::byte> reply() const { return std::span(buffer).first(length); }
};

/// Answers one request as read from /dev/fuse. Unknown requests get ENOSYS.
FuseAnswer answer_request(std::span<const std::byte> request, const FuseDiet& diet);

}  // namespace hangrate::fuse_flush_exit
