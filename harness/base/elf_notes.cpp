// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/base/elf_notes.h"

#include "harness/base/bytes.h"

namespace hangrate {

namespace {

constexpr std::uint64_t kBuildIdType = 3;
constexpr std::string_view kOwner("GNU\0", 4);
constexpr std::size_t kMostBuildId = 64;

std::uint64_t padded(std::uint64_t size) {
  return (size + 3) / 4 * 4;
}

}  // namespace

std::string gnu_build_id(std::string_view notes) {
  while (notes.size() >= 12) {  // sizes of name and content, type; <elf.h>, Elf64_Nhdr
    const std::uint64_t name = *little_endian(notes, 0, 4);
    const std::uint64_t size = *little_endian(notes, 4, 4);
    const std::uint64_t type = *little_endian(notes, 8, 4);
    const std::uint64_t at = 12 + padded(name);
    if (at + size > notes.size()) return {};
    const bool ours = type == kBuildIdType && notes.substr(12, name) == kOwner;
    if (ours && size > 0 && size <= kMostBuildId) return to_hex(notes.substr(at, size));
    notes.remove_prefix(std::min<std::uint64_t>(at + padded(size), notes.size()));
  }
  return {};
}

}  // namespace hangrate
