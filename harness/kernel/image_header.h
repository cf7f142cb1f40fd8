// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the first bytes of a kernel image say: which kind it is, whether it is whole, its release
// and where its compressed kernel lies. Pure; any bytes may be given.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/error.h"

namespace hangrate {

enum class ImageKind { BzImage, Arm64, Elf };

struct ByteRange {
  std::uint64_t at = 0;
  std::uint64_t size = 0;
  bool operator==(const ByteRange&) const = default;
};

struct ImageHeader {
  ImageKind kind = ImageKind::BzImage;
  std::string release;  ///< uname -r; "" = the header does not tell
  ByteRange payload;    ///< of the file: the compressed kernel of a bzImage; size 0 = not told
  bool x86 = true;      ///< of the only machine guests have
};

/// So much of a file read_image_header() wants to see: kernel_version is counted from 0x200 and has
/// 16 bits, and a release is shorter than 1 KiB.
inline constexpr std::size_t kImageHead = 0x10600;

/// `head`: the first kImageHead bytes of a file of `size` bytes, or all of it. nullopt: no kernel
/// image. An error says what is wrong with one: cut short, or it points outside itself.
Result<std::optional<ImageHeader>> read_image_header(std::string_view head, std::uint64_t size);

/// Where the notes of an ELF file lie (PT_NOTE), from its first bytes; empty for anything else.
std::vector<ByteRange> elf_notes(std::string_view head);

/// The release in the first "Linux version RELEASE (" of `bytes`, "" if there is none.
std::string release_in_banner(std::string_view bytes);

/// A release goes into paths, into lines with tabs and to the terminal: has this one only what a
/// release has?
bool plausible_release(std::string_view release);

}  // namespace hangrate
